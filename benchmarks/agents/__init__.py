"""The agents that are compared, this project's and the smallest ones of the SDKs, and the client that measures them."""
