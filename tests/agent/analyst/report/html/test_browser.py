"""The report in a real browser: its policy, its copy buttons, its width on a phone, and its pages on paper."""

import pytest

pytestmark = pytest.mark.slow
