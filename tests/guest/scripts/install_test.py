# SPDX-License-Identifier: MIT OR Apache-2.0
"""install.cmd and enable-testsigning.cmd of the driver pack: every option, every failure, whichever tool fails."""
import bench
from machine import MEDIA, TESTSIGNING, VERSION, windows

INFS = [r"win7\amd64\blk\aero_virtio_blk.inf", r"win7\amd64\net x\aero_virtio_net.inf"]


def certificate(machine):
    machine.file(f"{MEDIA}/certs/a (1) & b.cer", bench.CERTIFICATE)


def installs_every_package_for_amd64(b):
    machine = b.pack()
    run = b.run(machine, "install.cmd", "/quiet")
    yield
    assert run.status == 0, run.out
    calls = machine.called("pnputil")
    assert calls == [f"pnputil [-i] [-a] [{windows(machine.media)}\\{inf}] => 0" for inf in INFS], calls
    assert machine.packages() == ["oem0.inf", "oem1.inf"]
    assert "Packages for amd64: 2" in run.out
    assert "aero_virtio_blk.inf: installed (to undo: pnputil -d oem0.inf)" in run.out
    assert machine.certificates() == []


def installs_x86_packages_on_x86(b):
    machine = b.pack()
    run = b.run(machine, "install.cmd", "/quiet", environment={"PROCESSOR_ARCHITECTURE": "x86"})
    yield
    assert run.status == 0, run.out
    assert [r"\win7\x86" in call for call in machine.called("pnputil")] == [True, True]


def starts_again_as_64_bit_on_64_bit_windows(b):
    """Of all scripts; the options are passed on, and the exit status comes back."""
    cases = {"install.cmd": ["/quiet", "/nocerts"], "enable-testsigning.cmd": ["/quiet", "/noreboot"],
             "setup.cmd": ["/quiet", "/stageonly", "/forcesigningpolicy:none"],
             "uninstall.cmd": ["/force", "/noreboot"]}
    done = []
    for script, options in cases.items():
        machine = b.pack()
        native = machine.file("root/Sysnative/cmd.exe", b"")
        native.unlink()
        native.hardlink_to(b.standin)
        machine.file("cmd.txt", "42")
        run = b.run(machine, script, *options,
                    environment={"PROCESSOR_ARCHITECTURE": "x86", "PROCESSOR_ARCHITEW6432": "AMD64"})
        done.append((machine, script, options, run))
    yield
    for machine, script, options, run in done:
        assert run.status == 42, (script, run.status, run.out, machine.calls())
        (call,) = machine.calls()
        assert call.startswith("cmd [/c] [call] ") and script in call and call.endswith("=> 42"), call
        assert all(option in call for option in options), call


def does_not_start_again_for_ever(b):
    machine = b.pack()
    run = b.run(machine, "install.cmd", "/quiet",
                environment={"PROCESSOR_ARCHITEW6432": "AMD64", "PROCESSOR_ARCHITECTURE": "x86", "AERO_NATIVE": "1"})
    yield
    assert run.status == 0 and len(machine.packages()) == 2, run.out


def stageonly_installs_on_no_device(b):
    machine = b.pack()
    run = b.run(machine, "install.cmd", "/quiet", "/stageonly")
    yield
    assert run.status == 0 and "aero_virtio_blk.inf: in the driver store" in run.out, run.out
    assert all(call.startswith("pnputil [-a]") for call in machine.called("pnputil"))


def a_second_run_changes_nothing(b):
    machine = b.pack()
    certificate(machine)
    b.run(machine, "install.cmd", "/quiet")
    yield
    before = machine.snapshot()
    run = b.run(machine, "install.cmd", "/quiet")
    yield
    assert run.status == 0 and machine.snapshot() == before, run.out


def certificates_are_offered(b):
    answers = {"y\n": True, "Yes\n": True, "n\n": False, "\n": False, "": False}
    machines = {}
    for answer in answers:
        machine = machines[answer] = b.pack()
        certificate(machine)
        machine.asked = b.run(machine, "install.cmd", answers=answer)
    quiet, declined = b.pack(), b.pack()
    certificate(quiet)
    certificate(declined)
    b.run(quiet, "install.cmd", "/quiet")
    b.run(declined, "install.cmd", "/quiet", "/nocerts")
    yield
    for answer, wanted in answers.items():
        machine = machines[answer]
        stores = [name.split("/")[0] for name in machine.certificates()]
        assert stores == (["Root", "TrustedPublisher"] if wanted else []), (answer, stores, machine.asked.out)
        assert machine.asked.status == 0 and "Trust it?" in machine.asked.out, (answer, machine.asked.out)
    assert len(quiet.certificates()) == 2 and declined.certificates() == []


def a_restart_is_named(b):
    machine = b.pack()
    machine.file("machine.txt", "busy")
    run = b.run(machine, "install.cmd", "/quiet")
    yield
    assert run.status == 0 and "installed, restart needed" in run.out and "has to be restarted" in run.out, run.out


def one_package_refused_does_not_keep_the_others_out(b):
    done = []
    for status in (1, 2, 5, 0x800F0203 - (1 << 32)):
        machine = b.pack()
        machine.file("fail.txt", f"={status} blk")
        done.append((machine, status, b.run(machine, "install.cmd", "/quiet")))
    yield
    for machine, status, run in done:
        assert run.status == 1, run.out
        assert f"aero_virtio_blk.inf: failed, exit status {status}" in run.out, run.out
        assert "aero_virtio_net.inf: installed" in run.out and machine.packages() == ["oem0.inf"]


def a_refused_certificate_is_a_failure(b):
    done = []
    for store in ("[Root]", "[TrustedPublisher]"):
        machine = b.pack()
        certificate(machine)
        machine.file("fail.txt", f"=-2147024891 [-addstore] [-f] {store}")
        done.append((machine, b.run(machine, "install.cmd", "/quiet")))
    yield
    for machine, run in done:
        assert run.status == 1 and "certutil could not add" in run.out and "-2147024891" in run.out, run.out
        assert len(machine.packages()) == 2, "drivers are installed all the same"


def refuses_what_it_cannot_serve(b):
    def refusal(text, prepare=None, environment=None, options=("/quiet",), **more):
        machine = b.pack(**more)
        if prepare:
            prepare(machine)
        return text, machine, machine.snapshot(), b.run(machine, "install.cmd", *options, environment=environment)

    def without(machine):
        (machine.media / "win7/amd64").rename(machine.media / "win7/elsewhere")

    def empty(machine):
        for inf in (machine.media / "win7/amd64").rglob("*.inf"):
            inf.rename(inf.with_suffix(".inf.disabled"))

    cases = [refusal("this is 6.2", version="6.2"), refusal("this is 6.0", version="6.0"),
             refusal("this is 10.0", version="10.0"),
             refusal("this is", lambda m: m.file("fail.txt", "=1 CurrentVersion")),
             refusal("not an administrator", lambda m: m.file("machine.txt", "not-admin")),
             refusal("ARM", environment={"PROCESSOR_ARCHITECTURE": "ARM"}),
             refusal("there is no folder", without), refusal("there is no .inf file", empty),
             refusal("unknown option /nocert", options=("/nocert",)), refusal("unknown option", options=('"a & b"',))]
    yield
    for text, machine, before, run in cases:
        assert run.status == 1 and text in run.out, (text, run.status, run.out)
        assert machine.snapshot() == before, text


def does_not_wait_for_a_key(b):
    """It pauses in a window that Explorer has opened, and nowhere else; the standard input is at its end here."""
    explorer = {"cmdcmdline": r'C:\Windows\system32\cmd.exe /c ""C:\x & y\install.cmd" "'}
    machine = b.pack()
    runs = [b.run(machine, "install.cmd", environment=explorer),
            b.run(machine, "install.cmd", "/quiet", environment=explorer),
            b.run(machine, "install.cmd", environment={"cmdcmdline": "cmd /c install.cmd"})]
    yield
    paused = ["any key" in run.out or "Press" in run.out for run in runs]
    assert paused == [True, False, False], [run.out for run in runs]


def help_is_there_for_all(b):
    machine = b.pack()
    runs = [b.run(machine, script, "/?") for script in
            ("install.cmd", "enable-testsigning.cmd", "setup.cmd", "uninstall.cmd", "verify.cmd")]
    yield
    for run in runs:
        assert run.status == 0 and "Exit status: 0" in run.out, run.out
    assert machine.calls() == []


def enable_testsigning_turns_it_on(b):
    cases = [((), "n\n", False), ((), "y\n", True), ((), "", False), (("/quiet",), "", True),
             (("/noreboot",), "", False), (("/quiet", "/noreboot"), "", False)]
    done = [(machine := b.pack(), restart, b.run(machine, "enable-testsigning.cmd", *options, answers=answer))
            for options, answer, restart in cases]
    yield
    for machine, restart, run in done:
        assert run.status == 0 and machine.flag(TESTSIGNING) == "01", run.out
        assert bool(machine.called("shutdown [/r]")) == restart, (run.out, machine.calls())


def enable_testsigning_fails_clearly(b):
    def failing(text, rule=None, word=None, options=("/quiet",)):
        machine = b.pack()
        if rule:
            machine.file("fail.txt", rule)
        if word:
            machine.file("machine.txt", word)
        return text, machine, b.run(machine, "enable-testsigning.cmd", *options)

    cases = [failing("bcdedit could not turn test signing on (exit status 1)", "=1 bcdedit"),
             failing("(exit status -1073741790)", "=-1073741790 bcdedit"),
             failing("not an administrator", word="not-admin"), failing("unknown option", options=("/now",))]
    text, late, run = failing("could not be restarted (exit status 5)", "=5 shutdown")
    yield
    for expected, machine, refused in cases:
        assert refused.status == 1 and expected in refused.out, (expected, refused.out)
        assert machine.flag(TESTSIGNING) is None and not machine.called("shutdown"), expected
    assert run.status == 1 and text in run.out and late.flag(TESTSIGNING) == "01"


if __name__ == "__main__":
    bench.main([installs_every_package_for_amd64, installs_x86_packages_on_x86,
                starts_again_as_64_bit_on_64_bit_windows,
                does_not_start_again_for_ever, stageonly_installs_on_no_device, a_second_run_changes_nothing,
                certificates_are_offered, a_restart_is_named, one_package_refused_does_not_keep_the_others_out,
                a_refused_certificate_is_a_failure, refuses_what_it_cannot_serve, does_not_wait_for_a_key,
                help_is_there_for_all, enable_testsigning_turns_it_on, enable_testsigning_fails_clearly])
