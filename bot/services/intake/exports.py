"""What intake adds to the app: anonymous reports, opened some hours after they were written, and imports of files."""

from bot.context import TimerHandler
from bot.services.intake import anonymous, file_imports

TIMERS = {anonymous.KIND: TimerHandler(anonymous.open_ticket),
          file_imports.KIND: TimerHandler(file_imports.on_timer, is_heavy=True)}  # fmt: skip
