"""The settings of a stack: typed, validated, and independent of Pulumi except for the file that reads them."""
