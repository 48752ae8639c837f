"""The window: the welcome or the show's room, the menu, the keys, and what closing asks."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QMainWindow, QMenu, QStackedWidget, QWidget

from gshop_studio.settings import Settings
from gshop_studio.studio.going_live import ShowPhase
from gshop_studio.studio.session import SessionState
from ui.bridge import Bridge
from ui.dialogs.go_live import GoLiveDialog
from ui.dialogs.preflight import PreflightDialog
from ui.dialogs.question import Choice, QuestionDialog
from ui.dialogs.sign_in import SignInDialog
from ui.icons import Icon, Icons
from ui.panels.on_air import OnAirPanel
from ui.panels.welcome import WelcomePanel
from ui.tokens import Tokens

_LANGUAGE_NAMES = (("en", "English"), ("es", "Español"), ("pt", "Português"))
_ON = (ShowPhase.STARTING, ShowPhase.ON_AIR, ShowPhase.ENDING)


class MainWindow(QMainWindow):
    """One language and one theme; another choice makes another window.

    Args:
        settings: what the person chose.
        language: in which the window speaks.
    """

    preference_chosen = Signal(str, object)
    """The name of a setting and its new value."""
    close_agreed = Signal()
    """The window may go: nothing is on air, or the person said what becomes of it."""

    def __init__(self, bridge: Bridge, tokens: Tokens, settings: Settings, language: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._settings = settings
        self._language = language
        self._icons = Icons(tokens)
        self._ends_then_closes = False
        self._is_close_agreed = False
        self.dialog: SignInDialog | GoLiveDialog | PreflightDialog | QuestionDialog | None = None
        self.setWindowTitle("GSHOP Studio")
        self.setWindowIcon(self._icons.get(Icon.APP, "accent"))
        self.setMinimumSize(960, 620)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.resize(QSize(1280, 800).boundedTo(self.screen().availableSize()))
        self.welcome = WelcomePanel(bridge, self._icons, language)
        self.on_air = OnAirPanel(bridge, tokens, self._icons, language)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.on_air)
        self.setCentralWidget(self._pages)
        self.menu = self._make_menu()
        self.on_air.header.menu_button.setMenu(self.menu)
        self.welcome.sign_in_asked.connect(self._on_sign_in_asked)
        self.on_air.header.go_live_asked.connect(self._on_go_live_asked)
        self.on_air.header.end_asked.connect(self._on_end_asked)
        bridge.session_changed.connect(self._on_changed)
        bridge.show_changed.connect(self._on_changed)
        self._on_changed()

    # --- the menu -------------------------------------------------------------------------------------------------

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        self.preflight = QAction(self.tr("Check before the show…"), menu)
        self.preflight.triggered.connect(self._on_preflight_asked)
        menu.addAction(self.preflight)
        menu.addSeparator()
        language = menu.addMenu(self.tr("Language"))
        names = [(None, self.tr("As the system")), *_LANGUAGE_NAMES]
        self._add_choices(language, "language", names, self._settings.language)
        theme = menu.addMenu(self.tr("Theme"))
        themes = [(None, self.tr("As the system")), ("dark", self.tr("Dark")), ("light", self.tr("Light"))]
        self._add_choices(theme, "theme", themes, self._settings.theme)
        menu.addSeparator()
        self.sign_out = QAction(self.tr("Sign out"), menu)
        self.sign_out.triggered.connect(self._bridge.sign_out)
        menu.addAction(self.sign_out)
        leave = QAction(self.tr("Quit"), menu)
        leave.setShortcut("Ctrl+Q")
        leave.triggered.connect(self.close)
        self.addAction(leave)
        menu.addAction(leave)
        return menu

    def _add_choices(
        self, menu: QMenu, setting: str, choices: list[tuple[str | None, str]], present: str | None
    ) -> None:
        group = QActionGroup(menu)
        for value, words in choices:
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setChecked(value == present)
            action.triggered.connect(lambda _checked=False, chosen=value: self.preference_chosen.emit(setting, chosen))
            group.addAction(action)
            menu.addAction(action)

    # --- wishes of the panels -------------------------------------------------------------------------------------

    @Slot()
    def _on_changed(self, *_snapshot: object) -> None:
        session, show = self._bridge.session, self._bridge.show
        is_in = session.state is SessionState.SIGNED_IN
        page = self.on_air if is_in else self.welcome
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            self.setFocus()  # no field takes the single keys until the person goes there
        self.sign_out.setEnabled(show.phase not in _ON)
        self.setWindowTitle(f"{show.title} — GSHOP Studio" if show.title else "GSHOP Studio")
        if self._ends_then_closes and show.phase is ShowPhase.ENDED:
            self._agree_to_close()

    @Slot()
    def _on_sign_in_asked(self) -> None:
        self._open(SignInDialog(self._bridge, self._icons, self._settings, self._language, self))

    @Slot()
    def _on_go_live_asked(self) -> None:
        show = self._bridge.show
        if show.phase is ShowPhase.READY:
            self._bridge.go_live(show.stream_id, show.title)
        else:
            self._open(GoLiveDialog(self._bridge, self._language, self))

    @Slot()
    def _on_preflight_asked(self) -> None:
        self._open(PreflightDialog(self._bridge, self._icons, self._language, self))

    @Slot()
    def _on_end_asked(self) -> None:
        question = QuestionDialog(
            self.tr("End the show?"),
            self.tr("Your picture stops at once, and viewers are told that the show is over. It cannot be resumed."),
            [Choice("end", self.tr("End show"), is_dangerous=True)],
            self.tr("Keep going"),
            self,
        )
        question.answered.connect(self._bridge.end_show)
        self._open(question)

    def _open(self, dialog: SignInDialog | GoLiveDialog | PreflightDialog | QuestionDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._on_dialog_finished)
        self.dialog = dialog
        dialog.open()

    @Slot()
    def _on_dialog_finished(self) -> None:
        self.dialog = None

    # --- closing --------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_close_agreed:
            event.accept()
            return
        event.ignore()
        if self._bridge.show.phase not in _ON:
            self._agree_to_close()
        elif self.dialog is None:
            self._ask_what_becomes_of_the_show()

    def _ask_what_becomes_of_the_show(self) -> None:
        question = QuestionDialog(
            self.tr("You are on air"),
            self.tr(
                "The show can go on without this window for ten minutes: open the studio again to come back to it."
            ),
            [
                Choice("end", self.tr("End show and close"), is_dangerous=True),
                Choice("leave", self.tr("Close, stay on air")),
            ],
            self.tr("Cancel"),
            self,
        )
        question.answered.connect(self._on_close_answered)
        self._open(question)

    @Slot(str)
    def _on_close_answered(self, answer: str) -> None:
        if answer == "leave":
            self._agree_to_close()
        else:
            self._ends_then_closes = True
            self._bridge.end_show()

    def _agree_to_close(self) -> None:
        self._ends_then_closes = False
        self._is_close_agreed = True
        self.close_agreed.emit()

    def put_away(self) -> None:
        """Close without asking: another window takes over, or the studio ends."""
        self._is_close_agreed = True
        self.on_air.preview.close_memory()
        self.close()

    # --- keys -----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Single keys, which reach the window only when nobody is typing: 1 to 9 show a product, M mutes."""
        is_plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        is_room = self._pages.currentWidget() is self.on_air
        if not is_plain or not is_room or event.isAutoRepeat() or _is_typing(self.focusWidget()):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_M:
            self.on_air.sources.toggle_mute()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.on_air.products.toggle_number(event.key() - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)


def _is_typing(widget: QWidget | None) -> bool:
    """Whether keys are meant for a field."""
    return isinstance(widget, (QLineEdit, QComboBox, QAbstractSpinBox))
