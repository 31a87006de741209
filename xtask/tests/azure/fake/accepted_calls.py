"""Writes accepted_calls.json: what the argument parser of the Azure CLI accepts of the commands that we call.

Run it with the Python that has the PyPI package `azure-cli`; nobody needs to be signed in.
"""

import json
from importlib.metadata import version
from pathlib import Path

from azure.cli.core import get_default_cli
from azure.cli.core.file_util import create_invoker_and_load_cmds_and_args

COMMANDS = """
account list
account show
ad app credential delete
ad app credential reset
ad signed-in-user show
ad user show
cloud show
keyvault secret delete
keyvault secret recover
keyvault secret set
keyvault secret show
postgres flexible-server list
postgres flexible-server list-skus
rest
webapp config appsettings set
webapp show
""".split("\n")[1:-1]


def option(argument):
    settings = argument.type.settings
    return {
        "names": [str(getattr(name, "target", name)) for name in settings["options_list"]],
        "required": bool(settings.get("required")),
        "values": "none" if settings.get("action") == "store_true" else "many" if settings.get("nargs") in ("+", "*") else "one",
        "choices": sorted(map(str, settings.get("choices") or [])),
    }


def options(command):
    arguments = [argument for argument in command.arguments.values() if argument.type.settings.get("options_list")]
    found = (option(argument) for argument in arguments)
    public = (option for option in found if option["names"][0] not in ("--cmd", "--___SUBSCRIPTION"))
    return sorted(public, key=lambda option: option["names"])


def lines(commands):
    for name, found in commands.items():
        yield f" {json.dumps(name)}: [" + ",".join(f"\n  {json.dumps(option)}" for option in found) + "\n ]"


cli = get_default_cli()
create_invoker_and_load_cmds_and_args(cli)
table = cli.invocation.commands_loader.command_table
commands = ",\n".join(lines({name: options(table[name]) for name in COMMANDS}))
text = f'{{\n"azure-cli": "{version("azure-cli")}",\n"commands": {{\n{commands}\n}}\n}}\n'
Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")
