# SPDX-License-Identifier: MIT OR Apache-2.0
"""uninstall.cmd: what was there before is there again, whatever was there before, and whatever fails on the way."""
import bench
from machine import BARE, DEVICES, SERVICES, TESTSIGNING

SERVICE = SERVICES + r"\aero_virtio_blk"
FULL = ("/quiet", "/noreboot")
SMALL = ("/quiet", "/noreboot", "/skipstorage")
CLEAN = ("/force", "/noreboot", "/cleanupstorage")


def lived_in(machine):
    """What another driver and another person may have left there before setup."""
    machine.add_registry(SERVICE, Type=("REG_DWORD", "0x1"), Start=("REG_DWORD", "0x3"), Group=("REG_SZ", "Other"),
                         ImagePath=("REG_EXPAND_SZ", r"system32\drivers\old & odd.sys"))
    machine.add_registry(SERVICE + r"\Parameters\Own", Deep=("REG_SZ", "a (b) & c"))
    machine.add_registry(f"{DEVICES}\\{BARE}", Service=("REG_SZ", "viostor"), Extra=("REG_BINARY", "0102"))
    machine.file("root/System32/drivers/aero_virtio_blk.sys", b"an older driver")
    machine.file("root/inf/oem0.inf", "somebody else's\n")
    machine.file("root/inf/oem2.inf", "one more\n")
    machine.add_registry(TESTSIGNING, Element=("REG_BINARY", "00"))


def everything_is_as_it_was(b):
    fresh = b.medium(hwids=bench.HWIDS)
    fresh.before = fresh.original()
    b.run(fresh, "setup.cmd", *FULL, "/nointegritychecks")
    used = yield from b.set_up(*FULL, lived_in=lived_in)
    skipped = yield from b.set_up(*SMALL)
    machines = [fresh, used, skipped]
    for machine in machines:
        machine.removed = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    for machine in machines:
        assert machine.removed.status == 0, machine.removed.out
        assert machine.original() == machine.before, machine.removed.out
        assert machine.called("pnputil [-f] [-d]") and machine.called("certutil [-delstore]")
        assert not machine.called("=> 87")


def setup_twice_is_undone_once(b):
    machine = yield from b.set_up(*FULL, lived_in=lived_in)
    b.run(machine, "setup.cmd", *FULL)
    run = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert run.status == 0 and machine.original() == machine.before, run.out
    again = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert again.status == 0 and machine.original() == machine.before and "nothing was prepared" in again.out, again.out


def storage_stays_unless_asked(b):
    machine = yield from b.set_up(*FULL)
    run = b.run(machine, "uninstall.cmd", "/quiet", "/noreboot")
    yield
    assert run.status == 0 and machine.packages() == [] and machine.certificates() == [], run.out
    assert machine.drivers() and f"{DEVICES}\\{BARE}" in machine.registry() and machine.flag(TESTSIGNING) is None
    assert run.out == "" and "/cleanupstorage removes it" in machine.state("uninstall.log")
    later = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert later.status == 0 and machine.drivers() == {}, later.out


def a_disk_in_use_stays(b):
    machine = yield from b.set_up(*FULL)
    machine.add_registry(SERVICE + r"\Enum", Count=("REG_DWORD", "0x1"))
    refused = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert refused.status == 1 and "a disk uses aero_virtio_blk" in refused.out and machine.drivers(), refused.out
    assert f"{DEVICES}\\{BARE}" in machine.registry()
    forced = b.run(machine, "uninstall.cmd", "/force", "/noreboot", "/cleanupstorageforce")
    yield
    assert forced.status == 0 and machine.original() == machine.before, forced.out


def what_others_have_prepared_is_disarmed(b):
    """Without a record of what was before: the service is started by demand, and its own device keys go."""
    def prepare(machine):
        machine.add_registry(SERVICE, Start=("REG_DWORD", "0x0"), Type=("REG_DWORD", "0x1"))
        machine.add_registry(f"{DEVICES}\\{BARE}", Service=("REG_SZ", "aero_virtio_blk"))
        machine.add_registry(f"{DEVICES}\\{BARE}&REV_01", Service=("REG_SZ", "viostor"))

    machine, used = b.medium(), b.medium()
    prepare(machine)
    prepare(used)
    used.add_registry(SERVICE + r"\Enum", Count=("REG_DWORD", "0x2"))
    run, refused = b.run(machine, "uninstall.cmd", *CLEAN), b.run(used, "uninstall.cmd", *CLEAN)
    yield
    registry = machine.registry()
    assert run.status == 0 and registry[SERVICE]["Start"] == ("REG_DWORD", "0x3"), run.out
    assert f"{DEVICES}\\{BARE}" not in registry and f"{DEVICES}\\{BARE}&REV_01" in registry
    assert refused.status == 1 and used.registry()[SERVICE]["Start"] == ("REG_DWORD", "0x0"), refused.out


def nothing_recorded_is_nothing_to_undo(b):
    machine = b.medium()
    before = machine.snapshot()
    run = b.run(machine, "uninstall.cmd", "/force")
    yield
    assert run.status == 0 and "nothing to undo" in run.out and machine.snapshot() == before, run.out


def a_planted_folder_is_not_believed(b):
    """Every user may make C:\\AeroGuestTools: what it says would be done by an administrator."""
    machine = b.medium()
    machine.file("drive/AeroGuestTools/installed-certs.txt", "Root 0000000000000000000000000000000000000000 x\n")
    machine.file("drive/AeroGuestTools/testsigning.enabled-by-aero.txt", "object={x} & shutdown\nprevious=absent\n")
    before = machine.snapshot()
    run = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert run.status == 1 and "nothing in it is believed" in run.out and machine.snapshot() == before, run.out
    assert [call.split(" ")[0] for call in machine.calls()] == ["fltmc", "reg"]


def questions_and_refusals(b):
    asked = []
    for answer in ("n\n", "", "y\n"):
        asked.append((answer, (yield from b.set_up(*SMALL))))
    restart = yield from b.set_up(*SMALL)
    for answer, machine in asked:
        machine.asked = b.run(machine, "uninstall.cmd", answers=answer)
    user = b.medium()
    user.file("machine.txt", "not-admin")
    refused, wrong = b.run(user, "uninstall.cmd", "/force"), b.run(user, "uninstall.cmd", "/forced")
    restart.done = b.run(restart, "uninstall.cmd", "/force")
    yield
    for answer, machine in asked:
        wanted = 0 if answer == "y\n" else 1
        assert machine.asked.status == wanted and "Go on? [y/N]" in machine.asked.out, machine.asked.out
        assert (machine.packages() == []) == (wanted == 0) and not machine.called("shutdown")
    assert refused.status == 10 and wrong.status == 1 and "unknown option /forced" in wrong.out, refused.out
    assert restart.done.status == 0 and restart.called("shutdown [/r]"), restart.done.out


def what_others_have_changed_since_is_left_alone(b):
    machine = yield from b.set_up(*SMALL)
    machine.file("root/inf/oem0.inf", "another package that took the name\n")
    (machine.folder / "root/inf/oem1.inf").unlink()
    (machine.folder / "stores" / machine.certificates()[0]).unlink()
    keys = machine.registry()
    del keys[TESTSIGNING]
    machine.set_registry(keys)
    run = b.run(machine, "uninstall.cmd", "/force")
    yield
    assert run.status == 0, run.out
    assert machine.packages() == ["oem0.inf"] and "another package now" in run.out
    assert "not in the driver store any more" in run.out and "not in Root any more" in run.out
    assert "testsigning is not set any more" in run.out
    assert machine.certificates() == [] and not machine.called("shutdown")


def a_package_in_use_needs_force(b):
    machine = yield from b.set_up(*SMALL)
    machine.file("machine.txt", "in-use")
    run = b.run(machine, "uninstall.cmd", "/quiet", "/noreboot")
    yield
    assert run.status == 1 and "/force removes it" in run.out and len(machine.packages()) == 2, run.out
    assert len(machine.state("installed-driver-packages.txt").splitlines()) == 2, "still recorded"
    assert machine.certificates() == [] and machine.flag(TESTSIGNING) is None, "the rest is undone"
    forced = b.run(machine, "uninstall.cmd", "/force", "/noreboot")
    yield
    assert forced.status == 0 and machine.packages() == [], forced.out
    assert machine.state("installed-driver-packages.txt") is None


def a_state_before_that_could_not_be_read_stays(b):
    machine = b.medium()
    machine.add_registry(TESTSIGNING, Element=("REG_BINARY", "00"))
    machine.file("fail.txt", "=1 Elements\\16000049")
    b.run(machine, "setup.cmd", "/force", "/noreboot", "/skipstorage")
    run = b.run(machine, "uninstall.cmd", "/force", "/noreboot")
    yield
    assert run.status == 0 and "could not be read then" in run.out and machine.flag(TESTSIGNING) == "01", run.out


def a_driver_file_in_use_is_reported(b):
    """Windows does not delete the file of a loaded driver."""
    machine = yield from b.set_up(*FULL)
    target = machine.folder / "root/System32/drivers/aero_virtio_blk.sys"
    run = b.run(machine, "uninstall.cmd", *CLEAN, hold=target)
    yield
    assert run.status == 1 and "cannot be deleted: Windows uses it" in run.out and target.exists(), run.out
    again = b.run(machine, "uninstall.cmd", *CLEAN)
    yield
    assert again.status == 0 and machine.original() == machine.before, again.out


if __name__ == "__main__":
    bench.main([everything_is_as_it_was, setup_twice_is_undone_once, storage_stays_unless_asked, a_disk_in_use_stays,
                what_others_have_prepared_is_disarmed, nothing_recorded_is_nothing_to_undo,
                a_planted_folder_is_not_believed,
                questions_and_refusals, what_others_have_changed_since_is_left_alone, a_package_in_use_needs_force,
                a_state_before_that_could_not_be_read_stays, a_driver_file_in_use_is_reported])
