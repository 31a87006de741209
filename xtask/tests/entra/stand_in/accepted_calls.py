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
ad app create
ad app credential delete
ad app credential reset
ad app delete
ad app federated-credential create
ad app federated-credential list
ad app federated-credential update
ad app list
ad app show
ad app update
ad signed-in-user show
ad sp create
ad sp show
ad user show
cloud show
keyvault secret delete
keyvault secret set
keyvault secret show
rest
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
    return sorted((option(argument) for argument in arguments), key=lambda found: found["names"])


cli = get_default_cli()
create_invoker_and_load_cmds_and_args(cli)
table = cli.invocation.commands_loader.command_table
accepted = {"azure-cli": version("azure-cli"), "commands": {name: options(table[name]) for name in COMMANDS}}
Path(__file__).with_suffix(".json").write_text(json.dumps(accepted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
