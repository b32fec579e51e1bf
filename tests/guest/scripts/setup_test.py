# SPDX-License-Identifier: MIT OR Apache-2.0
"""setup.cmd: every option, every exit status, what it does and what it leaves alone."""
import bench
from machine import BARE, DEVICES, MEDIA, NO_CHECKS, SERVICES, TESTSIGNING, windows

SERVICE = SERVICES + r"\aero_virtio_blk"
STATE = r"HKLM\SOFTWARE\AeroGuestTools"


def changed(machine, before, but=()):
    """Keys of the registry that are not as they were, without setup's own records."""
    now = machine.registry()
    return sorted(key for key in now.keys() | before.keys()
                  if now.get(key) != before.get(key) and not key.startswith(STATE) and key not in but)


def prepares_a_virtio_boot_disk(b):
    machine = b.medium(hwids=bench.HWIDS)
    run = b.run(machine, "setup.cmd", "/force")
    yield
    assert run.status == 0, run.out
    registry = machine.registry()
    lower = {key.lower(): values for key, values in registry.items()}
    assert lower[SERVICE.lower()] == {
        "Type": ("REG_DWORD", "0x1"), "Start": ("REG_DWORD", "0x0"), "ErrorControl": ("REG_DWORD", "0x1"),
        "Group": ("REG_SZ", "SCSI miniport"), "ImagePath": ("REG_EXPAND_SZ", r"system32\drivers\aero_virtio_blk.sys")}
    assert lower[(SERVICE + r"\Parameters").lower()] == {"BusType": ("REG_DWORD", "0x1")}
    assert lower[(SERVICE + r"\Parameters\PnpInterface").lower()] == {"5": ("REG_DWORD", "0x1")}
    wanted = {hwid.replace("\\", "#") for hwid in bench.HWIDS} | {BARE, BARE + "&CC_010000", BARE + "&CC_0100"}
    keys = {key.rsplit("\\", 1)[1]: values for key, values in registry.items() if key.startswith(DEVICES + "\\")}
    assert keys.keys() == wanted, keys
    for values in keys.values():
        assert values == {"Service": ("REG_SZ", "aero_virtio_blk"), "Class": ("REG_SZ", "SCSIAdapter"),
                          "ClassGUID": ("REG_SZ", "{4D36E97B-E325-11CE-BFC1-08002BE10318}")}
    assert machine.drivers() == {"aero_virtio_blk.sys": b"driver aero_virtio_blk drivers/amd64/blk"}


def does_the_rest_and_records_it(b):
    machine = b.medium()
    run = b.run(machine, "setup.cmd", "/force")
    yield
    assert run.status == 0, run.out
    assert machine.packages() == ["oem0.inf", "oem1.inf"]
    names = [line.split(" ") for line in machine.state("installed-driver-packages.txt").splitlines()]
    assert {oem: name for oem, _, name in names} == {"oem0.inf": "aero_virtio_blk.inf",
                                                     "oem1.inf": "aero_virtio_net.inf"}
    assert [name.split("/")[0] for name in machine.certificates()] == ["Root", "TrustedPublisher"]
    records = machine.state("installed-certs.txt").splitlines()
    assert [line.split(" ", 2)[0] for line in records] == ["Root", "TrustedPublisher"]
    assert all(line.endswith(" a (1) & b.cer") and len(line.split(" ")[1]) == 40 for line in records), records
    assert machine.flag(TESTSIGNING) == "01" and machine.flag(NO_CHECKS) is None
    assert "previous=absent" in machine.state("testsigning.enabled-by-aero.txt")
    media = dict(line.split("=", 1) for line in machine.state("installed-media.txt").splitlines())
    assert list(media) == ["timestamp_local", "manifest_path", "manifest_sha256", "GT_VERSION", "GT_BUILD_ID",
                           "GT_SIGNING_POLICY", "GT_CERTS_REQUIRED", "effective_SIGNING_POLICY"]
    assert media["manifest_path"] == windows(machine.media / "manifest.json") and len(media["manifest_sha256"]) == 64
    assert [media[key] for key in list(media)[3:]] == ["1.2.3", "b7", "test", "true", "test"]
    assert len(machine.called("shutdown [/r]")) == 1
    assert machine.called("icacls")[0].split(" ", 2)[1] == f"[{windows(machine.folder)}\\drive\\AeroGuestTools]"
    # The folder is closed before anything is written into it or recorded about it.
    order = [call.split(" ")[0] for call in machine.calls() if call.startswith(("icacls", "reg [add]"))]
    assert order[0] == "icacls"
    stages = [call for call in machine.calls() if call.startswith("pnputil")]
    assert [call.split(" ")[1] for call in stages] == ["[-a]", "[-a]", "[-i]", "[-i]"]
    assert all(not call.endswith("=> 87") for call in machine.calls()), "a tool was called as it cannot be"


def check_changes_nothing(b):
    done = []
    for option in ("/check", "/validate", "/CHECK"):
        machine = b.medium()
        done.append((machine, machine.snapshot(), b.run(machine, "setup.cmd", option, "/verify-media")))
    failing = b.medium()
    (failing.media / "drivers/amd64").rename(failing.media / "drivers/elsewhere")
    before = failing.snapshot()
    refused = b.run(failing, "setup.cmd", "/check")
    yield
    for machine, earlier, run in done:
        assert run.status == 0 and machine.snapshot() == earlier, run.out
        log = (machine.folder / "temp/AeroGuestToolsCheck/install.log").read_text()
        for line in ("to do: add the drivers", "to do: trust", "to do: turn test signing on (it is absent)",
                     "to do: prepare aero_virtio_blk", "nothing was changed"):
            assert line in run.out and line in log, line
    assert refused.status == 11 and failing.snapshot() == before, refused.out


def a_second_run_changes_nothing_more(b):
    machine = b.medium()
    b.run(machine, "setup.cmd", "/force")
    yield
    before = machine.snapshot()
    records = {name: machine.state(name) for name in ("installed-driver-packages.txt", "installed-certs.txt",
                                                      "testsigning.enabled-by-aero.txt")}
    run = b.run(machine, "setup.cmd", "/force")
    yield
    assert run.status == 0 and machine.snapshot() == before, run.out
    assert {name: machine.state(name) for name in records} == records
    assert len(machine.called("shutdown")) == 1, "nothing changed, so nothing has to be restarted"


def runs_from_a_read_only_medium(b):
    machine = b.medium()
    for path in [machine.media, *machine.media.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.read_bytes() for path in machine.media.rglob("*") if path.is_file()}
    run = b.run(machine, "setup.cmd", "/force", "/verify-media")
    yield
    again = b.run(machine, "setup.cmd", "/force")
    yield
    assert run.status == 0 and again.status == 0, run.out + again.out
    assert {path: path.read_bytes() for path in machine.media.rglob("*") if path.is_file()} == before


def the_person_is_asked(b):
    answers = {"n\n": 1, "": 1, "y\n": 0}
    done = []
    for answer, status in answers.items():
        machine = b.medium()
        done.append((machine, machine.snapshot()[:4], status, b.run(machine, "setup.cmd", answers=answer)))
    yield
    for machine, before, status, run in done:
        assert run.status == status and "Go on? [y/N]" in run.out, run.out
        assert not machine.called("shutdown"), "the second question is not answered, so nothing restarts"
        if status:
            assert "nothing was done" in run.out and not machine.called("pnputil")
            assert machine.state("installed-media.txt") is None
            now = machine.snapshot()[:4]
            assert now[1:] == before[1:] and changed(machine, before[0]) == []
        else:
            assert "Restart now? [y/N]" in run.out and len(machine.packages()) == 2


def quiet_prints_nothing_but_errors(b):
    good, bad = b.medium(), b.medium(policy="nonsense")
    quiet, failing = b.run(good, "setup.cmd", "/quiet"), b.run(bad, "setup.cmd", "/quiet")
    yield
    assert quiet.status == 0 and quiet.out == "", quiet.out
    assert "done" in good.state("install.log")
    assert failing.status == 1 and "no signing policy that is known: nonsense" in failing.out, failing.out


def stageonly_installs_on_no_device(b):
    machine = b.medium()
    run = b.run(machine, "setup.cmd", "/force", "/stageonly")
    yield
    assert run.status == 0 and len(machine.packages()) == 2 and not machine.called("[-i]"), run.out


def test_signing_follows_policy_and_options(b):
    on, off = "01", None
    cases = [("test", "AMD64", (), on), ("test", "x86", (), off), ("test", "x86", ("/testsigning",), on),
             ("test", "AMD64", ("/notestsigning",), off), ("production", "AMD64", (), off), ("none", "AMD64", (), off),
             ("production", "AMD64", ("/testsigning",), off), ("production", "AMD64", ("/forcetestsigning",), on),
             ("none", "x86", ("/forcetestsigning",), on),
             ("test", "AMD64", ("/forcetestsigning", "/notestsigning"), off),
             ("test", "AMD64", ("/forcesigningpolicy:production",), off),
             ("none", "AMD64", ("/forcesigningpolicy:test",), on),
             ("none", "AMD64", ("/forcesigningpolicy:TestSigning",), on),
             ("test", "AMD64", ("/forcesigningpolicy:whql",), off),
             ("test", "AMD64", ("/forcesigningpolicy:nointegritychecks",), off)]
    done = []
    for policy, cpu, options, wanted in cases:
        machine = b.medium(policy=policy)
        run = b.run(machine, "setup.cmd", "/quiet", "/skipstorage", "/stageonly", *options,
                    environment={"PROCESSOR_ARCHITECTURE": cpu})
        done.append((machine, (policy, cpu, options), wanted, run))
    yield
    for machine, case, wanted, run in done:
        assert run.status == 0 and machine.flag(TESTSIGNING) == wanted, (case, machine.flag(TESTSIGNING), run.out)
        assert (machine.state("testsigning.enabled-by-aero.txt") is not None) == (wanted == on), case
        assert bool(machine.called("shutdown")) == (wanted == on), case
        needs = case[2] and "forcesigningpolicy" in case[2][0]
        policy = case[2][0].split(":")[1].lower() if needs else case[0]
        assert bool(machine.certificates()) == (policy in ("test", "testsigning")), (case, machine.certificates())


def what_is_on_already_is_left_alone(b):
    machine = b.medium()
    machine.add_registry(TESTSIGNING, Element=("REG_BINARY", "01"))
    explicit = b.medium()
    explicit.add_registry(TESTSIGNING, Element=("REG_BINARY", "00"))
    unreadable = b.medium()
    unreadable.add_registry(TESTSIGNING, Element=("REG_BINARY", "00"))
    unreadable.file("fail.txt", "=1 Elements\\16000049")
    runs = [b.run(m, "setup.cmd", "/force") for m in (machine, explicit, unreadable)]
    yield
    assert all(run.status == 0 for run in runs), [run.out for run in runs]
    assert machine.state("testsigning.enabled-by-aero.txt") is None and not machine.called("[/set]")
    assert not machine.called("shutdown")
    assert "previous=off" in explicit.state("testsigning.enabled-by-aero.txt") and explicit.flag(TESTSIGNING) == "01"
    assert "previous=unknown" in unreadable.state("testsigning.enabled-by-aero.txt")


def nointegritychecks_is_turned_on_when_asked(b):
    machine = b.medium(policy="none", certificate=False)
    run = b.run(machine, "setup.cmd", "/force", "/nointegritychecks", "/noreboot")
    yield
    assert run.status == 0 and machine.flag(NO_CHECKS) == "01" and machine.flag(TESTSIGNING) is None, run.out
    assert "previous=absent" in machine.state("nointegritychecks.enabled-by-aero.txt")
    assert not machine.called("shutdown") and "has to be restarted" in run.out


def installcerts_trusts_without_need(b):
    without, wanted = b.medium(policy="production"), b.medium(policy="production")
    missing = b.medium(policy="production", certificate=False)
    runs = [b.run(without, "setup.cmd", "/quiet"), b.run(wanted, "setup.cmd", "/quiet", "/installcerts"),
            b.run(missing, "setup.cmd", "/quiet", "/installcerts")]
    yield
    assert [run.status for run in runs] == [0, 0, 12], [run.out for run in runs]
    assert without.certificates() == [] and len(wanted.certificates()) == 2


def skipstorage_leaves_a_marker(b):
    machine = b.medium()
    before = machine.registry()
    run = b.run(machine, "setup.cmd", "/quiet", "/skipstorage")
    yield
    assert run.status == 0 and machine.drivers() == {}, run.out
    assert changed(machine, before, but=(TESTSIGNING,)) == [] and machine.state("storage-preseed.skipped.txt")
    again = b.run(machine, "setup.cmd", "/quiet")
    yield
    assert again.status == 0 and machine.drivers(), again.out + machine.state("install.log")
    assert machine.state("storage-preseed.skipped.txt") is None, machine.state("install.log")


def without_a_manifest_the_policy_is_test(b):
    machine = b.medium(manifest=False)
    run = b.run(machine, "setup.cmd", "/force", "/noreboot")
    yield
    assert run.status == 0 and "no manifest.json" in run.out and machine.flag(TESTSIGNING) == "01", run.out


def a_busy_device_wants_a_restart(b):
    machine = b.medium(policy="none", certificate=False)
    machine.file("fail.txt", "=3010 [-i] [-a]")
    run = b.run(machine, "setup.cmd", "/force", "/skipstorage")
    yield
    assert run.status == 0 and "restart needed" in run.out and machine.called("shutdown [/r]"), run.out


def refuses_before_it_changes_anything(b):
    def refusal(status, text, change=None, options=("/quiet",), environment=None, **more):
        machine = b.medium(**more)
        if change:
            change(machine)
        return status, text, machine, machine.snapshot(), b.run(machine, "setup.cmd", *options, environment=environment)

    def write(name, content):
        return lambda machine: machine.file(f"{MEDIA}/{name}", content)

    def remove(name):
        return lambda machine: (machine.media / name).unlink()

    def move(name):
        return lambda machine: (machine.media / name).rename(machine.media / "elsewhere")

    def no_inf(machine):
        for inf in (machine.media / "drivers/amd64").rglob("*.inf"):
            inf.rename(inf.with_suffix(".inf_"))

    def rule(text):
        return lambda machine: machine.file("fail.txt", text)

    inf = "drivers/amd64/blk/aero_virtio_blk.inf"
    driver = "drivers/amd64/blk/aero_virtio_blk.sys"
    pem = "-----BEGIN CERTIFICATE-----\n"
    no_files = '{\n"signing_policy": "test",\n"path": "x",\n"sha256": "00",\n"size": 1\n}\n'
    verify = {"options": ("/quiet", "/verify-media")}
    cases = [
        refusal(10, "not an administrator", lambda m: m.file("machine.txt", "not-admin")),
        refusal(10, "not an administrator", lambda m: m.file("machine.txt", "not-admin"), options=("/check",)),
        refusal(1, "this is 6.2", version="6.2"),
        refusal(1, "this is 5.1", version="5.1"),
        refusal(1, "this is ARM64", environment={"PROCESSOR_ARCHITECTURE": "ARM64"}),
        refusal(1, "unknown option /checks", options=("/checks",)),
        refusal(1, "unknown option", options=("/force", "x")),
        refusal(1, "there is no policy whatever", options=("/forcesigningpolicy:whatever",)),
        refusal(1, "unknown option /forcesigningpolicy:", options=("/forcesigningpolicy:",)),
        refusal(1, "no file", remove("config/devices.cmd")),
        refusal(1, "names no AERO_VIRTIO_BLK_SERVICE", write("config/devices.cmd", 'set AERO_VIRTIO_BLK_HWIDS="x"\n')),
        refusal(1, "or no AERO_VIRTIO_BLK_HWIDS", write("config/devices.cmd", 'set "AERO_VIRTIO_BLK_SERVICE=x"\n')),
        refusal(1, "no signing policy that is known", policy="nonsense"),
        refusal(11, "there is no folder", move("drivers/amd64")),
        refusal(11, "there is no .inf file", no_inf),
        refusal(12, "there is none", certificate=False),
        refusal(12, "is text", write("certs/a (1) & b.cer", pem)),
        refusal(12, "is text", write("certs/b.cer", pem)),
        refusal(13, "installs the service aero_virtio_blk", write(inf, "[S]\nAddService = viostor, 2, X\n")),
        refusal(13, "installs the service aero_virtio_blk", write(inf, "; AddService = aero_virtio_blk, 2, X\n")),
        refusal(13, "no aero_virtio_blk.sys beside it", remove(driver)),
        # The same length, another byte; another length.
        refusal(14, "damaged or missing", write(driver, b"driver aero_virtio_blk drivers/amd64/blK"), **verify),
        refusal(14, "1 of", write("drivers/x86/blk/aero_virtio_blk.sys", b"shorter"), **verify),
        refusal(14, "is missing", remove("drivers/x86/net x/aero_virtio_net.sys"), **verify),
        refusal(14, "no manifest.json", remove("manifest.json"), **verify),
        refusal(14, "lists no files", write("manifest.json", no_files), **verify),
        refusal(14, "certutil could not read", rule("=-2147024894 blk.sys] [SHA256]"), **verify),
        refusal(1, "bcdedit could not read", rule("=1 bcdedit")),
        refusal(1, "could not close the folder", rule("=5 icacls")),
        refusal(1, "reg could not write", rule("=1 StateFolder] [/t]")),
        refusal(1, "certutil could not read", rule("=-1 manifest.json] [SHA256]")),
        refusal(1, "has not made it", lambda m: m.file("drive/AeroGuestTools/installed-certs.txt", "planted"))]
    yield
    for status, text, machine, before, run in cases:
        assert run.status == status and text in run.out, (status, text, run.status, run.out)
        now = machine.snapshot()
        assert changed(machine, before[0]) == [] and now[1:4] == before[1:4], (text, now)
        assert not machine.called("pnputil") and not machine.called("[/set]") and not machine.called("shutdown")


def an_empty_file_of_the_medium_is_verified(b):
    machine = b.medium(manifest=False)
    machine.file(f"{MEDIA}/licenses/empty.txt", "")
    machine.manifest()
    damaged = b.medium(manifest=False)
    damaged.file(f"{MEDIA}/licenses/empty.txt", "")
    damaged.manifest()
    damaged.file(f"{MEDIA}/licenses/empty.txt", "x")
    runs = [b.run(m, "setup.cmd", "/check", "/verify-media") for m in (machine, damaged)]
    yield
    assert [run.status for run in runs] == [0, 14], [run.out for run in runs]


def the_real_form_of_the_manifest_is_read(b):
    """As cJSON prints it: tabs, no line of its own for the brackets, other paths before the files."""
    machine = b.medium()
    text = (machine.media / "manifest.json").read_text()
    text = text.replace("[\n\t\t{", "[{").replace("},\n\t\t{", "}, {").replace("}\n\t]", "}]").replace('": ', '":\t')
    (machine.media / "manifest.json").write_text(text)
    run = b.run(machine, "setup.cmd", "/check", "/verify-media")
    yield
    count = text.count('"sha256"') - 1
    assert run.status == 0 and f"all {count} files are as in manifest.json" in run.out, run.out


if __name__ == "__main__":
    bench.main([prepares_a_virtio_boot_disk, does_the_rest_and_records_it, check_changes_nothing,
                a_second_run_changes_nothing_more, runs_from_a_read_only_medium, the_person_is_asked,
                quiet_prints_nothing_but_errors, stageonly_installs_on_no_device,
                test_signing_follows_policy_and_options,
                what_is_on_already_is_left_alone, nointegritychecks_is_turned_on_when_asked,
                installcerts_trusts_without_need,
                skipstorage_leaves_a_marker, without_a_manifest_the_policy_is_test, a_busy_device_wants_a_restart,
                refuses_before_it_changes_anything, an_empty_file_of_the_medium_is_verified,
                the_real_form_of_the_manifest_is_read])
