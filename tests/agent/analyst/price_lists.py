"""A price list in AWS's format for two regions, and a server that returns it like the Price List API.

The figures of eu-central-1 are made up where a test wants to tell them from those of us-east-1.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.analyst.analysis import price_list

PUBLISHED = {"AWSLambda": "2026-10-02T17:05:09Z", "AmazonCloudWatch": "2026-10-14T08:00:31Z"}
# Small, so that the list of a region has several pages.
PAGE = 5


def entry(region, service, usage_type, unit, *tiers, published=None, effective="2026-10-01T00:00:00Z"):
    """Build a product with its terms; `tiers` are pairs of the lower bound and the price of a unit."""
    sku = f"SKU:{region}:{usage_type}"
    term = f"{sku}.JRTCKXETXF"
    ends = [begin for begin, _ in tiers[1:]] + ["Inf"]
    dimensions = {
        f"{term}.RATE{number}": {
            "unit": unit,
            "beginRange": begin,
            "endRange": end,
            "description": f"{usage_type} in {region}",
            "appliesTo": [],
            "rateCode": f"{term}.RATE{number}",
            "pricePerUnit": {"USD": usd},
        }
        # Not in order, like the real response.
        for number, ((begin, usd), end) in reversed(list(enumerate(zip(tiers, ends, strict=True))))
    }
    return json.dumps(
        {
            "product": {
                "productFamily": "Serverless" if service == "AWSLambda" else "Data Payload",
                "attributes": {
                    "regionCode": region,
                    "servicecode": service,
                    "usagetype": usage_type,
                    "locationType": "AWS Region",
                    "operation": "",
                },
                "sku": sku,
            },
            "serviceCode": service,
            "terms": {
                "OnDemand": {
                    term: {
                        "priceDimensions": dimensions,
                        "sku": sku,
                        "effectiveDate": effective,
                        "offerTermCode": "JRTCKXETXF",
                        "termAttributes": {},
                    }
                }
            },
            "version": "20261002170509",
            "publicationDate": published or PUBLISHED[service],
        }
    )


def _products(region, service, *products):
    return [entry(region, service, usage_type, unit, *tiers) for usage_type, unit, *tiers in products]


LISTS = {
    ("us-east-1", "AWSLambda"): _products(
        "us-east-1",
        "AWSLambda",
        ("Request", "Requests", ("0", "0.0000002000")),
        ("Request-ARM", "Requests", ("0", "0.0000002000")),
        (
            "Lambda-GB-Second",
            "Lambda-GB-Second",
            ("0", "0.0000166667"),
            ("6000000000", "0.0000150000"),
            ("15000000000", "0.0000133334"),
        ),
        ("Lambda-GB-Second-ARM", "Lambda-GB-Second", ("0", "0.0000133334"), ("7500000000", "0.0000120001")),
        ("Lambda-Provisioned-Concurrency", "Lambda-GB-Second", ("0", "0.0000041667")),
        ("Lambda-Provisioned-Concurrency-ARM", "Lambda-GB-Second", ("0", "0.0000033334")),
        ("Lambda-Provisioned-GB-Second", "Lambda-GB-Second", ("0", "0.0000097222")),
        ("Lambda-Provisioned-GB-Second-ARM", "Lambda-GB-Second", ("0", "0.0000077778")),
        ("Lambda-Storage-GB-Second", "GB-Seconds", ("0", "0.0000000309")),
        ("Lambda-Storage-GB-Second-ARM", "GB-Seconds", ("0", "0.0000000309")),
        ("Lambda-Edge-Request", "Requests", ("0", "0.0000006000")),
        ("Lambda-SnapStart-Cached-GB-S", "GB-Seconds", ("0", "0.0000015046")),
        ("Lambda-SnapStart-Restored-GB", "GB", ("0", "0.0001397998")),
    ),
    ("us-east-1", "AmazonCloudWatch"): _products(
        "us-east-1",
        "AmazonCloudWatch",
        ("USE1-DataProcessing-Bytes", "GB", ("0", "0.5000000000")),
        ("DataProcessing-Bytes", "GB", ("0", "0.5000000000")),
        (
            "USE1-VendedLog-Bytes",
            "GB",
            ("0", "0.5000000000"),
            ("10240", "0.2500000000"),
            ("30720", "0.1000000000"),
            ("51200", "0.0500000000"),
        ),
        ("USE1-VendedLog-Bytes-WAFLogs", "GB", ("0", "0.0100000000")),
        ("USE1-VendedLogIA-Bytes", "GB", ("0", "0.2500000000"), ("10240", "0.1500000000")),
        ("USE1-S3-Egress-Bytes", "GB", ("0", "0.2500000000"), ("10240", "0.1500000000")),
        ("USE1-FH-Egress-Bytes", "GB", ("0", "0.2500000000"), ("10240", "0.1500000000")),
        ("USE1-S3-Egress-InputBytes", "GB", ("0", "0.0350000000")),
        ("USE1-TimedStorage-ByteHrs", "GB-Mo", ("0", "0.0300000000")),
        ("TimedStorage-ByteHrs", "GB-Mo", ("0", "0.0300000000")),
        ("USE1-TimedStorage-IA-ByteHrs", "GB-Mo", ("0", "0.0100000000")),
        ("CW:Requests", "Requests", ("0", "0.0000100000")),
    ),
    ("eu-central-1", "AWSLambda"): _products(
        "eu-central-1",
        "AWSLambda",
        ("EUC1-Request", "Request", ("0", "0.0000002000")),
        ("EUC1-Request-ARM", "Request", ("0", "0.0000002000")),
        ("EUC1-Lambda-GB-Second", "Second", ("0", "0.0000166667"), ("6000000000", "0.0000150000")),
        ("EUC1-Lambda-GB-Second-ARM", "Second", ("0", "0.0000133334")),
        ("EUC1-Lambda-Provisioned-Concurrency", "Lambda-GB-Second", ("0", "0.0000051234")),
        ("EUC1-Lambda-Storage-GB-Second", "GB-Seconds", ("0", "0.0000000372")),
    ),
    ("eu-central-1", "AmazonCloudWatch"): _products(
        "eu-central-1",
        "AmazonCloudWatch",
        ("EUC1-VendedLog-Bytes", "GB", ("0", "0.6300000000"), ("10240", "0.3150000000")),
        ("EUC1-TimedStorage-ByteHrs", "GB-Mo", ("0", "0.0324000000")),
    ),
}


def refreshed(region="eu-central-1"):
    """Return a region's table after its price lists were read."""
    entries = [one for service in PUBLISHED for one in LISTS[region, service]]
    return price_list.table(region, [priced for one in entries if (priced := price_list.read(region, one))])


class PriceListServer:
    """Answers GetProducts over HTTP.

    Attributes:
        refused: With which error every request is answered; None answers with the list.
        requests: What was asked.
    """

    def __init__(self):
        self.refused = None
        self.requests = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target, request):
        with self._lock:
            self.requests.append(request)
        if self.refused or target != "AWSPriceListService.GetProducts":
            return 400, {"__type": self.refused or "UnknownOperationException", "message": "no"}
        [wanted] = request["Filters"]
        assert (wanted["Type"], wanted["Field"]) == ("TERM_MATCH", "regionCode")
        entries = LISTS.get((wanted["Value"], request["ServiceCode"]), [])
        start = int(request.get("NextToken", "0"))
        end = min(start + min(PAGE, request["MaxResults"]), len(entries))
        more = {"NextToken": str(end)} if end < len(entries) else {}
        return 200, {"FormatVersion": "aws_v1", "PriceList": entries[start:end], **more}

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = server.answer(self.headers["X-Amz-Target"], request)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
