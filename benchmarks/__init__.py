"""Measurements of this project on this machine. They print figures and judge nothing."""
