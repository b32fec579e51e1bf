# SPDX-License-Identifier: MIT OR Apache-2.0
"""What `aerow7 inf show --json` reads in an INF, in the form in which install_inf.exe prints what Wine did with it."""
import json
import subprocess

from inf_reading import DIRECTORIES, FLG_KEYONLY, FLG_NOCLOBBER, Inf


class ToolReading:
    def __init__(self, tool, inf, architecture):
        done = subprocess.run([tool, "inf", "show", str(inf), "--arch", architecture, "--json"], stdout=subprocess.PIPE,
                              timeout=30, check=True)
        self.said = json.loads(done.stdout)
        self.sections = {model["install_section"] for model in self.said["models"]}

    def ids(self):
        return {hardware_id for model in self.said["models"] for hardware_id in model["ids"]}

    def files(self):
        return {file["source"]: "/".join(p for p in (DIRECTORIES[str(file["directory_id"])], file["target_folder"],
                                                     file["target"]) if p) for file in self.said["files"]}

    @staticmethod
    def values(rows, prefix=""):
        found = {}
        for row in rows:
            if row["root"].upper() == "HKR" and not row["flags"] & FLG_KEYONLY:
                key = "\\".join(part for part in (prefix, row["key"]) if part)
                found[(key, row["name"])] = Inf.typed(row["flags"] & ~FLG_NOCLOBBER, row["data"], row)
        return found

    def hardware(self):
        return self.values(self.said["hardware_values"])

    def software(self):
        return self.values(self.said["software_values"])

    def services(self):
        found = {}
        for service in self.said["services"]:
            name = service["name"]
            for key, value in (("Type", "type"), ("Start", "start"), ("ErrorControl", "error_control")):
                found[(name, key)] = 4, service[value].to_bytes(4, "little")
            binary = service["binary"].replace("12\\", "C:\\windows\\system32\\drivers\\", 1)
            texts = {"ImagePath": binary, "DisplayName": service.get("display_name"),
                     "Group": service.get("load_order_group")}
            for key, value in texts.items():
                if value:
                    found[(name, key)] = 1, (value + "\0").encode("utf-16-le")
            found.update(self.values(service["values"], name))
        return found
