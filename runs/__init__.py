"""The operators' command line and web page, which list, show, start and end runs of a deployed or a local stack."""
