# SPDX-License-Identifier: MIT OR Apache-2.0
"""verify.cmd: PowerShell gets the script and the options, its exit status comes back, and nothing missing passes.
Neither Wine nor Debian has a PowerShell: verify.ps1 itself is only looked at, by script_rules.py.
Then setup and uninstall once more with Wine's own reg.exe, so that not only our stand-in understands their calls."""
import pathlib
import shutil

import bench
from machine import RECORD, SERVICES, windows

POWERSHELL = "root/{}/WindowsPowerShell/v1.0/powershell.exe"


def powershell(b, machine, status, folder="System32"):
    path = machine.file(POWERSHELL.format(folder), b"")
    path.unlink()
    path.hardlink_to(b.standin)
    machine.file("powershell.txt", str(status))


def with_script(b):
    machine = b.machine()
    machine.file(machine.media.name + "/verify.ps1", "exit 0\n")
    return machine


def verify_passes_options_and_exit_status_on(b):
    done = []
    for status, wanted in ((0, 0), (1, 1), (2, 2), (3, 2), (-1, 2), (255, 2)):
        machine = with_script(b)
        powershell(b, machine, status)
        done.append((machine, wanted, b.run(machine, "verify.cmd", "-PingTarget", "10.0.2.2", "-PlayTestSound",
                                            "-RunDbgctl", "-RunDbgctlSelftest")))
    yield
    for machine, wanted, run in done:
        assert run.status == wanted, (wanted, run.status, run.out)
        script = windows(machine.media / "verify.ps1")
        expected = (f"powershell [-NoProfile] [-NonInteractive] [-ExecutionPolicy] [Bypass] [-File] [{script}] "
                    "[-PingTarget] [10.0.2.2] [-PlayTestSound] [-RunDbgctl] [-RunDbgctlSelftest] => ")
        (call,) = machine.calls()
        assert call.startswith(expected), call


def verify_fails_without_its_parts(b):
    script = with_script(b)
    (script.media / "verify.ps1").unlink()
    powershell(b, script, 0)
    shell = with_script(b)
    runs = [b.run(script, "verify.cmd"), b.run(shell, "verify.cmd")]
    yield
    assert [run.status for run in runs] == [2, 2], [run.out for run in runs]
    assert "verify.ps1" in runs[0].out and "powershell.exe" in runs[1].out and script.calls() == []


def verify_takes_the_64_bit_powershell(b):
    machine = with_script(b)
    powershell(b, machine, 1, "Sysnative")
    run = b.run(machine, "verify.cmd", environment={"PROCESSOR_ARCHITECTURE": "x86", "PROCESSOR_ARCHITEW6432": "AMD64"})
    yield
    assert run.status == 1 and len(machine.calls()) == 1, run.out


def wines_own_reg_understands_every_call(b):
    """In the prefix's own registry; uninstall.cmd takes everything out again, the second time by the second run."""
    reg = pathlib.Path(b.prefix) / "drive_c/windows/system32/reg.exe"
    machine = b.medium(hwids=bench.HWIDS)
    target = machine.folder / "root/System32/reg.exe"
    target.unlink()
    shutil.copy(reg, target)
    service = SERVICES + r"\aero_virtio_blk"
    # Something there before, to be saved and restored.
    prepare = [f'{windows(reg)} add "{service}" /v Start /t REG_DWORD /d 3 /f',
               f'{windows(reg)} add "{service}\\Own" /v Deep /d "a & b" /f']
    b.batch.add(machine, [f"{line} >nul" for line in prepare])
    setup = b.run(machine, "setup.cmd", "/quiet", "/noreboot")
    b.batch.add(machine, [f'{windows(reg)} query "{service}" /s >{windows(machine.folder)}\\during.txt',
                          f'{windows(reg)} query "{RECORD}" /s >{windows(machine.folder)}\\record.txt'])
    removed = b.run(machine, "uninstall.cmd", "/force", "/noreboot", "/cleanupstorage")
    b.batch.add(machine, [f'{windows(reg)} query "{service}" /s >{windows(machine.folder)}\\after.txt',
                          f'{windows(reg)} query "{RECORD}" /s >{windows(machine.folder)}\\left.txt',
                          f'{windows(reg)} delete "{service}" /f >nul', f'{windows(reg)} delete "{RECORD}" /f >nul'])
    yield

    def text(name):
        return (machine.folder / name).read_bytes().decode("ascii", "replace")

    assert setup.status == 0 and removed.status == 0, setup.out + removed.out
    during, after = text("during.txt"), text("after.txt")
    for value in ("ImagePath    REG_EXPAND_SZ    system32\\drivers\\aero_virtio_blk.sys", "Start    REG_DWORD    0x0",
                  "Group    REG_SZ    SCSI miniport", "5    REG_DWORD    0x1"):
        assert value in during, during
    record = text("record.txt")
    assert record.count("Before    REG_SZ    absent") == len(bench.HWIDS) + 3, record
    assert "Before    REG_SZ    saved" in record, record
    assert "Start    REG_DWORD    0x3" in after and "Deep    REG_SZ    a & b" in after, after
    assert "ImagePath" not in after, after
    assert "PnpInterface" not in after and "Undo" not in text("left.txt"), after + text("left.txt")


if __name__ == "__main__":
    bench.main([verify_passes_options_and_exit_status_on, verify_fails_without_its_parts,
                verify_takes_the_64_bit_powershell,
                wines_own_reg_understands_every_call])
