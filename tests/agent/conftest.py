from tests.bedrock_server import bedrock
from tests.journal_table import dynamodb, table

__all__ = ["bedrock", "dynamodb", "table"]
