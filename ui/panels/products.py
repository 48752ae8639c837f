"""The shelf: the show's products, or the catalogue before the show. Rows stay where they are when data comes."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gshop_studio.studio.shelf import ShelfSnapshot
from ui.bridge import Bridge
from ui.icons import Icon, Icons
from ui.panels.product_row import ProductRow
from ui.tokens import Tokens
from ui.trouble_texts import trouble_text
from ui.widgets.style import label


class ProductsPanel(QFrame):
    """A list with a search field, and what to say when it is empty, loading or unreadable."""

    def __init__(
        self, bridge: Bridge, tokens: Tokens, icons: Icons, language: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._bridge = bridge
        self._tokens = tokens
        self._icons = icons
        self._language = language
        self.rows: dict[str, ProductRow] = {}
        self._count = label(role="small")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search products"))
        self.search.setAccessibleName(self.tr("Search products"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.get(Icon.SEARCH), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._on_search_changed)
        self._words = label(role="secondary", wraps=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._again = QPushButton(self.tr("Try again"))
        self._again.clicked.connect(bridge.load_products)
        self._list = QVBoxLayout()
        self._pages = QStackedWidget()
        self._lay_out()
        bridge.shelf_changed.connect(self._on_shelf_changed)
        self._on_shelf_changed(bridge.shelf)

    def toggle_number(self, number: int) -> None:
        """What the keys 1 to 9 do."""
        items = self._bridge.shelf.items
        if self._bridge.shelf.can_show and 1 <= number <= len(items):
            self._bridge.toggle_product(items[number - 1].product_id)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Products"), "heading"))
        head.addStretch(1)
        head.addWidget(self._count)
        holder = QWidget()
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        holder.setLayout(self._list)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(holder)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setSpacing(12)
        middle.addStretch(1)
        sign = label()
        sign.setPixmap(self._icons.get(Icon.PRODUCT, "text-3").pixmap(40, 40))
        middle.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self._words)
        middle.addWidget(self._again, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(2)
        self._pages.addWidget(self._scroll)
        self._pages.addWidget(empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 6, 12)
        layout.setSpacing(10)
        layout.addLayout(head)
        field = QHBoxLayout()
        field.setContentsMargins(0, 0, 6, 0)
        field.addWidget(self.search)
        layout.addLayout(field)
        layout.addWidget(self._pages, 1)

    @Slot(object)
    def _on_shelf_changed(self, shelf: ShelfSnapshot) -> None:
        known = {item.product_id for item in shelf.items}
        for product_id in [product_id for product_id in self.rows if product_id not in known]:
            row = self.rows.pop(product_id)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, item in enumerate(shelf.items):
            row = self.rows.get(item.product_id) or self._new_row(item.product_id)
            if self._list.indexOf(row) != place:
                self._list.insertWidget(place, row)
            is_new_picture = row.item is None or row.item.image_url != item.image_url
            row.show_item(item, place + 1, can_show=shelf.can_show)
            if is_new_picture and item.image_url:
                self._ask_picture(item.product_id, item.image_url)
        self._count.setText(self.tr("%n product(s)", "", len(shelf.items)) if shelf.items else "")
        self._filter()

    def _ask_picture(self, product_id: str, url: str) -> None:
        def arrived(content: bytes | None) -> None:
            if (row := self.rows.get(product_id)) is not None:
                row.picture.set_bytes(content)

        self._bridge.ask_picture(url, arrived)

    def _new_row(self, product_id: str) -> ProductRow:
        row = ProductRow(self._tokens, self._icons, self._language)
        row.toggled.connect(self._bridge.toggle_product)
        self.rows[product_id] = row
        return row

    @Slot(str)
    def _on_search_changed(self, _text: str) -> None:
        self._filter()

    def _filter(self) -> None:
        shelf, wanted = self._bridge.shelf, _folded(self.search.text())
        shown = 0
        for row in self.rows.values():
            fits = row.item is not None and wanted in _folded(row.item.name)
            row.setVisible(fits)
            shown += fits
        self.search.setVisible(len(self.rows) > 0)
        self._again.setVisible(shelf.trouble is not None)
        if shown:
            self._pages.setCurrentIndex(0)
            return
        self._pages.setCurrentIndex(1)
        if self.rows:
            self._words.setText(self.tr("No product is called that."))
        elif shelf.trouble is not None:
            self._words.setText(trouble_text(shelf.trouble, self._language))
        elif shelf.is_loading:
            self._words.setText(self.tr("Reading your products…"))
        else:
            self._words.setText(self.tr("No products yet. Add some to your shop and they are listed here."))


def _folded(text: str) -> str:
    """Without case and accents, for a search that forgives."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character)).strip()
