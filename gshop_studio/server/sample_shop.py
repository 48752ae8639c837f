"""The sample shop: an account of every role, a shop with products and pictures, and a show ready to start.

Made once. The passwords are written to `sample-accounts.json` before any account is made, so that there is never one
whose password nobody knows; the accounts and the shop come in one transaction.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from gshop_studio.contract.rest import ProductCreate, Role, StreamCreate
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.app import Server
from gshop_studio.server.clock import utc_now
from gshop_studio.server.instance import write_private
from gshop_studio.server.refusals import Refused
from gshop_studio.server.sample_pictures import PICTURES, draw

ACCOUNTS_FILE = "sample-accounts.json"


@dataclass(frozen=True, slots=True)
class SamplePerson:
    role: Role
    email: str
    display_name: str


PEOPLE = (
    SamplePerson(Role.SELLER, "seller@sample.gshop.example", "Alba & Co."),
    SamplePerson(Role.BUYER, "buyer@sample.gshop.example", "Marina"),
    SamplePerson(Role.AFFILIATE, "affiliate@sample.gshop.example", "Teo Finds"),
    SamplePerson(Role.SUPPORT, "support@sample.gshop.example", "Support"),
    SamplePerson(Role.ADMIN, "admin@sample.gshop.example", "Admin"),
)


def _product(name: str, price: str, stock: int, category: str, description: str) -> ProductCreate:
    return ProductCreate(
        name=name, price=Decimal(price), stock=stock, category=category, description=description, currency="USD"
    )


PRODUCTS: dict[str, ProductCreate] = {
    "mug": _product("Stoneware mug, sea glaze", "18.50", 42, "Home", "Thrown by hand, 350 ml, dishwasher safe."),
    "lamp": _product("Paper moon table lamp", "64.00", 12, "Home", "Warm light through washi paper. Bulb included."),
    "scarf": _product("Merino scarf, saffron", "49.90", 25, "Fashion", "Extra-fine merino, 180 x 30 cm."),
    "bag": _product("Canvas weekender", "89.00", 9, "Fashion", "Waxed canvas with leather straps. Fits a cabin."),
    "headphones": _product("Cedar headphones", "129.00", 15, "Electronics", "Closed cups of cedar, 40 h of music."),
    "plant": _product("Olive tree in terracotta", "35.00", 18, "Garden", "Three years old, 60 cm, pot included."),
    "candle": _product("Fig and amber candle", "22.00", 60, "Home", "Soy wax, cotton wick, burns for 45 hours."),
    "watch": _product(
        "Field watch, 38 mm", "149.00", 7, "Fashion", "Steel, sapphire, and a dial you can read at night."
    ),
}
SHOW = StreamCreate(
    title="Autumn sale: the warm corner",
    description="New arrivals for the cold months, shown live. Ask anything in the chat.",
    category="Home",
    tags=["autumn", "sale", "home"],
)


async def create_sample_shop(server: Server, data_dir: Path) -> None:
    """Make what is not there yet; what is there stays as it is.

    Raises:
        Refused: `storage.*`.
    """
    accounts, services = server.services.accounts, server.services
    path = data_dir / ACCOUNTS_FILE
    passwords = await asyncio.to_thread(_passwords, path)
    async with services.database.read() as transaction:
        missing = [person for person in PEOPLE if not await accounts.has_email(transaction, person.email)]
    if not missing:
        return
    hashes = {person.email: await server.passwords.hash(passwords[person.email]) for person in missing}
    has_shop = all(person.role is not Role.SELLER for person in missing)
    pictures = {} if has_shop else await asyncio.to_thread(_draw_all, server)
    async with services.database.write() as transaction:
        for person in missing:
            user = await accounts.add_account(
                transaction, person.email, hashes[person.email], person.display_name, person.role, "en"
            )
            if person.role is not Role.SELLER:
                continue
            seller = Caller(user.id, Role.SELLER, person.display_name, "en", None, utc_now())
            rows = [
                await services.catalog.add(transaction, user.id, wish, pictures[name])
                for name, wish in PRODUCTS.items()
            ]
            show = SHOW.model_copy(update={"product_ids": [row.id for row in rows]})
            await services.streams.add(transaction, seller, show)


def _passwords(path: Path) -> dict[str, str]:
    """The passwords of all the people, by e-mail: those on disk, or new ones, written before they are used."""
    try:
        kept = {entry["email"]: entry["password"] for entry in json.loads(path.read_text())} if path.exists() else {}
        if all(person.email in kept for person in PEOPLE):
            return kept
        entries = [
            {
                "role": person.role.value,
                "email": person.email,
                "password": kept.get(person.email) or secrets.token_urlsafe(12),
            }
            for person in PEOPLE
        ]
        temporary = path.with_suffix(".new")
        write_private(temporary, json.dumps(entries, indent=2) + "\n")
        temporary.replace(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        is_full = isinstance(error, OSError) and error.errno == 28
        raise Refused("storage.full" if is_full else "storage.failed") from error
    return {entry["email"]: entry["password"] for entry in entries}


def _draw_all(server: Server) -> dict[str, str]:
    return {name: server.services.images.add_now(draw(name)) for name in PICTURES}
