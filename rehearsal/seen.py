"""What simulated visitors see."""

from domain.insights import InsightTag

SEEN = (
    ("Callers say their number three times before anybody can help", InsightTag.FRUSTRATION),
    ("Every refund above five waits for a signature from another city", InsightTag.CONSTRAINT),
    ("A short call is counted as good even when nothing was solved", InsightTag.TRADE_OFF),
    ("New colleagues learn most from the notes that old ones keep in private", InsightTag.DELIGHT),
    ("Shift plans arrive so late that nobody can promise a call back", InsightTag.FRUSTRATION),
)
"""No two of them say the same."""
