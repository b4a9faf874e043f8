from tests.journal_table import dynamodb, table

__all__ = ["dynamodb", "table"]
