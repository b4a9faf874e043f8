"""A journal of 10,000 runs."""

from __future__ import annotations

PAGE, PAGES = 100, 100


class ManyRuns:
    """Answers as the paginator of a DynamoDB client does.

    Attributes:
        asked: The requests.
        read: How many pages were read.
    """

    def __init__(self):
        self.asked, self.read = [], 0

    def get_paginator(self, _):
        return self

    def paginate(self, **request):
        self.asked.append(request)
        size = request.get("PaginationConfig", {}).get("PageSize", PAGE)
        for page in range(PAGES * PAGE // size):
            self.read += 1
            yield {
                "Items": [
                    {"PK": {"S": f"{page}-{number}"}, "requested_at": {"S": "2026-11-28T07:00:00Z"}}
                    for number in range(size)
                ]
            }
