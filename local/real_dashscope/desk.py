"""What ``make up`` does with the real DashScope: the forwarder, the cashier, and what was paid, in words.

Made from an account. A context manager: it answers the functions from entry to exit, and so it has to be
there before the local cloud and to go after it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

from local.options import OptionError
from local.real_dashscope.account import LIMIT_VARIABLE, RealAccount, in_cny
from local.real_dashscope.bill import Bill, Item
from local.real_dashscope.cashier import Cashier, name_in_words
from local.real_dashscope.counter import Counter, can_ask
from local.real_dashscope.forwarder import Forwarder
from local.real_dashscope.product import Product
from local.real_dashscope.purse import Purse
from shared.domain.money import LIST_PRICE_FEN


class Desk:
    """The paid side of a run.

    Attributes:
        counter: where everything is said.
        forwarder: answers the functions.
        purse: what may be paid.
        bill: what was paid.
    """

    def __init__(
        self, account: RealAccount, *, port: int = 0, asks: bool | None = None, counter: Counter | None = None
    ) -> None:
        """Bind the forwarder's port.

        Args:
            account: the account that pays.
            port: the forwarder's port; 0 takes any free one.
            asks: whether somebody is there to be asked; None finds out.
            counter: where to ask; by default at this process's terminal.

        Raises:
            OptionError: the port is taken.
        """
        self._account = account
        self.counter = counter or Counter()
        self.purse = Purse(
            price_fen=LIST_PRICE_FEN, limit_fen=account.limit_fen, asks=can_ask() if asks is None else asks
        )
        self.bill = Bill(LIST_PRICE_FEN)
        try:
            self.forwarder = Forwarder(account, self.purse, self.bill, port=port)
        except OSError as problem:
            words = problem.strerror or problem
            raise OptionError(
                f"port {port} cannot be used for the way to DashScope ({words});"
                " set LOCAL_PORT_DASHSCOPE to another, or 0"
            ) from problem
        self._name_of: Callable[[str], str] = str
        self._told = 0
        self._open = ExitStack()

    def __enter__(self) -> Desk:
        """Begin to answer the functions."""
        self._open.enter_context(self.forwarder)
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Stop."""
        self._open.close()

    def asking(self, product: Product) -> Cashier:
        """Return what asks, while it is entered; ``product`` knows the people, and goes on after a yes."""
        self._name_of = product.name_of
        return Cashier(self.purse, self.counter, product.name_of, product.try_again)

    def welcome(self) -> str:
        """Return what is said at the start."""
        host = urlsplit(self._account.base_url).hostname
        return (
            f"Trainings are REAL, by the account at {host}, at {in_cny(LIST_PRICE_FEN)} each by list price.\n"
            f"Photos are uploaded to its file service. {self._who_decides()}\n"
        )

    def news(self) -> list[str]:
        """Return a line for each training that has ended since the last call."""
        items = self.bill.items[self._told :]
        self._told += len(items)
        return [self._line(item) for item in items]

    def total(self) -> str:
        """Return what the whole run has cost."""
        ended = self.bill.items
        mine = sum(self.forwarder.notes.subject_of(item.fine_tune_id) is not None for item in ended)
        count = "1 training that ended" if len(ended) == 1 else f"{len(ended)} trainings that ended"
        text = f"Paid in this run: {in_cny(self.bill.paid_fen)} by list price, for {count}."
        waiting = self.purse.orders - mine
        if waiting > 0:
            price = in_cny(waiting * LIST_PRICE_FEN)
            text += f" {waiting} more ordered, up to {price}, not seen to end; the next run follows them."
        return text

    def _who_decides(self) -> str:
        limit = self._account.limit_fen
        at_most = "" if limit is None else f"; {LIMIT_VARIABLE} allows {in_cny(limit)} in this run"
        if self.purse.asks:
            return f"Each payment is asked for here first{at_most}."
        if limit is None:
            return f"Nobody can be asked here, so nothing is paid: set {LIMIT_VARIABLE}=<CNY>."
        return f"Nobody is asked{at_most}."

    def _line(self, item: Item) -> str:
        subject = self.forwarder.notes.subject_of(item.fine_tune_id)
        person = name_in_words(subject, self._name_of) if subject else "a training of an earlier run"
        return (
            f"paid {in_cny(item.paid_fen)}: {person} ({item.fine_tune_id} {item.status});"
            f" in this run {in_cny(self.bill.paid_fen)}"
        )
