"""The analyst's dialogue with its model: continued from an earlier attempt, or started."""

from __future__ import annotations

import logging

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from strands import Agent
from strands.models import Model
from strands.session import S3SessionManager
from strands.types.exceptions import (
    ContextWindowOverflowException,
    EventLoopException,
    MaxTokensReachedException,
    SessionException,
)

from agent.analyst import prompts
from agent.analyst.report_job import ReportJob
from agent.analyst.tools import toolbox
from agent.analyst.tools.toolbox import REPORT_STATE
from agent.harness.conversation import Conversation, PromptWindow
from agent.harness.model_calls import errors
from agent.harness.task import Task

logger = logging.getLogger(__name__)

PROMPT = "analyst"


class Dialogue:
    """The dialogue of one attempt.

    Args:
        task: The task of the attempt.
        model: The model.
        job: The report that the model's tools make.

    Attributes:
        agent: The agent, after the dialogue has begun.
    """

    def __init__(self, task: Task, model: Model, job: ReportJob) -> None:
        self._task = task
        self._model = model
        self._job = job

    def hold(self) -> str:
        """Hold a dialogue that is not saved; return why the agent stopped."""
        self.agent = self._build(None)
        return self._converse()

    def hold_saved(self, session: boto3.Session) -> str:
        """Continue the dialogue of an earlier attempt, or begin one; return why the agent stopped.

        A dialogue that cannot be read, or that the model refuses, is restarted, at most once. That costs tokens; a
        failed run costs more.

        Args:
            session: Creates the clients.
        """
        conversation = Conversation(
            session, self._task.settings.report_bucket, session_id=self._task.session_id, attempt=self._task.attempt
        )
        try:
            self.agent = self._build(conversation.continued())
        except (SessionException, BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            # Not readable, incomplete or not a conversation.
            return self._start_over(conversation, "the earlier conversation cannot be restored", error)
        if not self.agent.messages:
            self._task.record_start("Starting from the beginning")
            return self._converse()
        count = len(self.agent.messages)
        self._task.record_start(f"Continuing a conversation of {count} message{'s' if count > 1 else ''}")
        try:
            return self._converse()
        except ClientError as error:
            if not errors.is_refused_request(error):
                raise
            return self._start_over(conversation, "the model refuses the earlier conversation", error)

    def _start_over(self, conversation: Conversation, reason: str, error: Exception) -> str:
        logger.warning("Starting over, because %s: %s", reason, error)
        self._task.record_start(f"Starting over: {reason}")
        self.agent = self._build(conversation.restarted())
        return self._converse()

    def _build(self, memory: S3SessionManager | None) -> Agent:
        return Agent(
            model=self._model,
            tools=list(toolbox.build(self._job)),
            system_prompt=prompts.load(PROMPT).text,
            callback_handler=None,
            hooks=list(self._task.hooks),
            conversation_manager=PromptWindow(),
            session_manager=memory,
        )

    def _converse(self) -> str:
        """Run the agent and return why it stopped. If an earlier attempt has saved the report, do not run it."""
        prompt: str | None = self._task.prompt
        if self.agent.messages:
            if self.agent.state.get(REPORT_STATE):
                return "end_turn"
            # Without a prompt Strands continues where the conversation stopped: it runs the tool calls that have no
            # result, or sends the results that the model has not seen.
            prompt = None if self._is_unfinished() else "Continue, and finish with save_report."
        settings = self._task.settings
        try:
            result = self.agent(
                prompt,
                limits={"turns": settings.max_turns, "total_tokens": settings.max_tokens},
                cancel_signal=self._task.cancel_signal,
            )
        except (MaxTokensReachedException, ContextWindowOverflowException) as error:
            logger.warning("The model cannot continue: %s", error)
            return "max_tokens"
        except EventLoopException as error:
            raise errors.original(error) from error
        return str(result.stop_reason)

    def _is_unfinished(self) -> bool:
        last = self.agent.messages[-1]
        return last["role"] == "user" or any("toolUse" in block for block in last["content"])
