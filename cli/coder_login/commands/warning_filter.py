"""Warnings, as a person is to see them."""

from __future__ import annotations

import warnings

from coder_login.errors import CoderWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from coder_login.commands.options import Given


def show_own_warnings(given: Given) -> None:
    """Ours are shown in our form, once each; those of others, and what PYTHONWARNINGS says, are for developers."""

    def show(message: Warning | str, *details: Any, **options: Any) -> None:
        from coder_login.commands import output
        from coder_login.commands.errors import Notice

        hint = output.find_hint(message, given) if isinstance(message, Warning) else ""
        output.warning(Notice(str(message)), hint)

    warnings.simplefilter("ignore")
    warnings.simplefilter("once", CoderWarning)
    warnings.showwarning = show
