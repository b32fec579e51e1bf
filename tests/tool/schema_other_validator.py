# SPDX-License-Identifier: MIT OR Apache-2.0
"""schema_other_validator.py DEVICES.json: the schema means to somebody else's JSON Schema validator what it means to
aerow7: the contract is valid, and files that break the schema are not. Exits with 77 where Python has no jsonschema."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: Python's jsonschema is not installed")
    sys.exit(77)

devices = pathlib.Path(sys.argv[1])
contract = json.loads(devices.read_text())
schema = json.loads(devices.with_name("devices.schema.json").read_text())
validator_class = jsonschema.validators.validator_for(schema)
validator_class.check_schema(schema)
validator = validator_class(schema)
problems = list(validator.iter_errors(contract))
assert not problems, problems


def refuses(change):
    broken = json.loads(devices.read_text())
    change(broken)
    assert not validator.is_valid(broken), "a file that breaks the schema was accepted"


refuses(lambda c: c.update(schema_version=2))
refuses(lambda c: c.update(contract_version="1.0"))
refuses(lambda c: c.update(other=1))
refuses(lambda c: c["devices"][0].update(pci_device_id="0x104a"))
refuses(lambda c: c["devices"][0].update(inf_name="a\\b.inf"))
refuses(lambda c: c["devices"][0].update(hardware_id_patterns=[]))
refuses(lambda c: c["devices"][0].update(hardware_id_patterns=["ROOT\\X"]))
refuses(lambda c: c["devices"][0].pop("driver_service_name"))
print("the contract is valid and 8 broken ones are not, says", validator_class.__name__)
