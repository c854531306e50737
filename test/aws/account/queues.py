"""Messages into moto's SQS queues, from within."""

from moto.sqs.models import sqs_backends

from .place import ACCOUNT, REGION


def send(arn: str, body: str) -> None:
    backend = sqs_backends[ACCOUNT][REGION]
    backend.send_message(queue_name=arn.split(":")[-1], message_body=body, message_attributes={}, delay_seconds=0)
