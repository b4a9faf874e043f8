"""A CloudWatch on loopback that speaks CloudWatch's protocol, and never answers a request for one function."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config


class CloudWatchServer:
    """Serves GetMetricData.

    Args:
        answer: Returns the response to the queries of a request.
        silent_about: A request with a query about this function gets no response.
    """

    def __init__(self, answer, silent_about):
        self.ignored = threading.Event()
        self._answer = answer
        self._silent_about = silent_about
        self._ended = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                server._serve(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def client(self):
        return boto3.client(
            "cloudwatch",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self._http.server_port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _serve(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        queries = json.loads(body)["MetricDataQueries"]
        metrics = [query["MetricStat"]["Metric"] for query in queries]
        if any(one["Value"] == self._silent_about for metric in metrics for one in metric["Dimensions"]):
            self.ignored.set()
            self._ended.wait()
            request.close_connection = True
            return
        content = json.dumps(self._answer(queries), default=lambda moment: moment.timestamp()).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/x-amz-json-1.0")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
