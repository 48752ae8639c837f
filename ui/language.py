"""The window's language: translators, and the locale that writes numbers, money and dates."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from gshop_studio.paths import translations_dir

_LOCALES = {"en": "en_US", "es": "es_ES", "pt": "pt_BR"}
_QT_CATALOGUES = {"en": "qtbase_en", "es": "qtbase_es", "pt": "qtbase_pt_BR"}


class Languages:
    """Switches the language of the application.

    Args:
        app: where the translators are installed.
    """

    def __init__(self, app: QCoreApplication) -> None:
        self._app = app
        self._installed: list[QTranslator] = []
        self.current = "en"

    def use(self, language: str) -> None:
        """Translate from now on; windows made before keep their words."""
        self.remove()
        qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        for name, folder in (
            (_QT_CATALOGUES[language], qt_folder),
            (f"gshop_studio_{language}", str(translations_dir())),
        ):
            translator = QTranslator(self._app)
            if translator.load(name, folder):
                self._app.installTranslator(translator)
                self._installed.append(translator)
        self.current = language
        QLocale.setDefault(_locale(language))

    def remove(self) -> None:
        """Translate no more."""
        for translator in self._installed:
            self._app.removeTranslator(translator)
        self._installed.clear()


def _locale(language: str) -> QLocale:
    """The system's own variety of the language, where it speaks it; else the commonest one."""
    system = QLocale.system()
    return system if system.name().startswith(f"{language}_") else QLocale(_LOCALES[language])
