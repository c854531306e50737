"""An AWS account on one machine.

moto keeps the control planes and interprets state machines; what it leaves out or hands to Docker is done here by plain
processes: Lambda functions and Batch jobs run, EventBridge delivers, HTTP APIs answer.
"""
