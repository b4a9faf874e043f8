from tests.journal_table import table

__all__ = ["table"]
