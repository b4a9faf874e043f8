"""The outcome events of a stack, received as a subscriber receives them."""

import collections
import json
import threading

from agent import event_types

_WAIT_SECONDS = 1


class Outcomes:
    """The outcome events of all runs, from a queue behind a rule of the bus.

    Args:
        stack: The deployed local stack.

    Attributes:
        counts: Number of received events, by session id.
    """

    def __init__(self, stack):
        self.counts = collections.Counter()
        self._stopping = threading.Event()
        events, self._sqs = stack.client("events"), stack.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="received-outcomes")["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        target = {"Id": "queue", "Arn": found["Attributes"]["QueueArn"]}
        bus = stack.outputs["event_bus_name"]
        pattern = {"detail-type": [event_types.RUN_ENDED]}
        events.put_rule(Name="received-outcomes", EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule="received-outcomes", EventBusName=bus, Targets=[target])
        self._thread = threading.Thread(target=self._receive, name="outcomes", daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join()

    def are_received(self):
        """Return whether the queue is empty."""
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=list(kinds))
        return not any(int(found["Attributes"][kind]) for kind in kinds)

    def _receive(self):
        while not self._stopping.is_set():
            response = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=_WAIT_SECONDS
            )
            for message in response.get("Messages", []):
                self.counts[json.loads(message["Body"])["detail"]["session_id"]] += 1
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
