"""One model call of each kind of tokens, and what it costs, worked out by hand.

   300 input tokens at $1 a million              0.000300
20,000 read from the cache at $0.10              0.002000
 5,000 written to the cache at $1.25             0.006250
   200 output tokens at $5                       0.001000
                                                 --------
                                                 0.009550
"""

from __future__ import annotations

from decimal import Decimal

from agent.harness.tokens import Tokens

MODEL_ID = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
"""Costs $1 and $5 for a million tokens."""

TOKENS = Tokens(read=300, written=200, cache_read=20_000, cache_written=5_000)
COUNTS = {"input_tokens": 300, "output_tokens": 200, "cache_read_tokens": 20_000, "cache_write_tokens": 5_000}
USD = Decimal("0.009550")

BEDROCK_USAGE = {
    "inputTokens": 300,
    "outputTokens": 200,
    "totalTokens": 25_500,
    "cacheReadInputTokens": 20_000,
    "cacheWriteInputTokens": 5_000,
}
"""The usage as Amazon Bedrock reports it: the total contains the cached tokens, `inputTokens` does not."""
