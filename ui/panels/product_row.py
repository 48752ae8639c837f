"""One product of the shelf: picture, name, price, stock, and the button that puts it on the viewers' screens."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gshop_studio.studio.shelf import ShelfItem
from ui import formats
from ui.icons import Icon, Icons
from ui.tokens import Tokens
from ui.trouble_texts import trouble_text
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.rounded_picture import RoundedPicture
from ui.widgets.style import label, set_style

_KEYS = 9


class ProductRow(QFrame):
    """Shows one item; kept for a product as long as it is on the shelf."""

    toggled = Signal(str)

    def __init__(self, tokens: Tokens, icons: Icons, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "row")
        self._language = language
        self.item: ShelfItem | None = None
        self.picture = RoundedPicture(48, tokens["surface-3"], icons.get(Icon.PRODUCT, "text-2"))
        self._index = label(role="index")
        self._index.setParent(self.picture)
        self._index.move(0, 0)
        self._name = ElidedLabel(role="strong", lines=2)
        self._price = label(role="strong")
        self._old_price = label(role="struck")
        self._stock = ElidedLabel(role="small")
        self._mark = label(self.tr("ON SCREEN"), "mark")
        self._trouble = label(role="error", wraps=True)
        self.button = QPushButton()
        self.button.setProperty("role", "compact")
        self.button.clicked.connect(self._on_clicked)
        self._lay_out()

    def show_item(self, item: ShelfItem, number: int, *, can_show: bool) -> None:
        """What is known of the product now."""
        self.item = item
        self._index.setText(str(number))
        self._index.setVisible(number <= _KEYS)
        self._index.adjustSize()
        self._name.setText(item.name)
        has_live_price = item.live_price is not None and item.live_price < item.price
        price = item.live_price if has_live_price and item.live_price is not None else item.price
        self._price.setText(formats.money(price, item.currency))
        self._old_price.setText(formats.money(item.price, item.currency) if has_live_price else "")
        self._old_price.setVisible(has_live_price)
        self._stock.setText(self._stock_words(item))
        self._mark.setVisible(item.is_on_screen)
        self.button.setText(self.tr("Hide") if item.is_on_screen else self.tr("Show"))
        self.button.setEnabled(can_show and not item.is_pending)
        self.button.setAccessibleName(
            self.tr("Hide {name}").format(name=item.name)
            if item.is_on_screen
            else self.tr("Show {name}").format(name=item.name)
        )
        tip = self.tr("Key {number}").format(number=number) if number <= _KEYS else ""
        self.button.setToolTip(tip if can_show else self.tr("Products can be shown once you are on air"))
        self._trouble.setText(trouble_text(item.trouble, self._language) if item.trouble else "")
        self._trouble.setVisible(item.trouble is not None)
        on_screen = "true" if item.is_on_screen else "false"
        set_style(self, "onScreen", on_screen)
        set_style(self.button, "onScreen", on_screen)

    def _stock_words(self, item: ShelfItem) -> str:
        if item.stock <= 0:
            return self.tr("Sold out")
        words = self.tr("%n left", "", item.stock)
        sold = self.tr("%n sold", "", item.sold_count)
        return f"{words} · {sold}" if item.sold_count else words

    def _lay_out(self) -> None:
        prices = QHBoxLayout()
        prices.setSpacing(6)
        prices.addWidget(self._price)
        prices.addWidget(self._old_price)
        prices.addStretch(1)
        facts = QVBoxLayout()
        facts.setSpacing(2)
        facts.addLayout(prices)
        facts.addWidget(self._stock)
        act = QHBoxLayout()
        act.setSpacing(8)
        act.addLayout(facts, 1)
        act.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = QVBoxLayout()
        body.setSpacing(4)
        body.addWidget(self._name)
        body.addLayout(act)
        body.addStretch(1)
        body.addWidget(self._mark)
        body.addWidget(self._trouble)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(body, 1)

    def _on_clicked(self) -> None:
        if self.item is not None:
            self.toggled.emit(self.item.product_id)
