"""Action items, what they wait for, and how many there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from domain.actions.action_item import ActionDraft, ActionItem, ActionKind, ActionState, Proof, Stage
from storage.actions.tables import action_needs, actions
from storage.database.columns import LARGEST_ID
