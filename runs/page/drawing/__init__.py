"""Positions and texts of pictures. Templates turn them into SVG."""
