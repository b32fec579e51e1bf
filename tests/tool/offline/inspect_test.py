# SPDX-License-Identifier: MIT OR Apache-2.0
"""inspect_test.py AEROW7 SOURCE PACKAGES: what aerow7 inspect says of a WIM, install media as a folder and as ISO images
(Joliet, UDF), a disk image and a folder is what was put there; and reading changes nothing."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from offline_support import BAD_INPUT, BLK, CHECK_FAILED, CONFIG, DONE, Offline, TESTS
import windows_tree

sys.path[:0] = [str(TESTS / "wim"), str(TESTS / "media"), str(TESTS / "disk")]
import disk_maker  # noqa: E402
import inject_support  # noqa: E402
import install_media  # noqa: E402


def digest(path):
    paths = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return [(str(p), hashlib.sha1(p.read_bytes()).hexdigest()) for p in paths]


def inspect(tool, path, status=DONE, pack=False):
    before = digest(path)
    if pack:
        report = tool.json("inspect", path, status=status)
    else:
        result = tool.run("inspect", path, "--json")
        assert result.returncode == status, (path, result)
        report = json.loads(result.stdout)
        text = tool.run("inspect", path)
        assert text.returncode == status and image_words(report) <= set(text.stdout.replace(",", "").split()), text.stdout
    assert digest(path) == before, "inspecting changed something"
    return report


def image_words(report):
    """What the text has to say, too."""
    words = {report["kind"]}
    for windows in report["windows"]:
        words |= {windows["identity"]["architecture"], windows["identity"]["build"]}
    return words


def check_identity(identity, arch="amd64", kind="os", installed=False, edition="Professional", **more):
    want = {"kind": kind, "installed": installed, "windows7": True, "version": "6.1", "build": "7601", "service_pack": 1,
            "build_lab": "7601.win7sp1_rtm.101119-1850", "architecture": arch, "product": f"Windows 7 {edition}",
            "edition": edition if kind == "os" else "WindowsPE", "signatures": "stock SP1", "services": [],
            "packages": [], **more}
    assert {key: identity[key] for key in want} == want, identity
    assert identity["files"] == {name: "6.1.7601.17514" for name in (
        "ntoskrnl.exe", "winload.exe", "winload.efi", "ci.dll", "wintrust.dll")}, identity
    assert [hive["state"] for hive in identity["hives"]] == ["clean", "clean"]


def folders(tool, folder):
    for arch in ("x86", "amd64"):
        place = folder / arch
        windows_tree.make_windows(place, arch=arch)
        report = inspect(tool, place)
        assert report["kind"] == "windows-folder"
        check_identity(report["windows"][0]["identity"], arch)
        assert [s["test_signing"] for s in report["windows"][0]["identity"]["boot_stores"]] == [0]
    tool.inject(place)
    identity = inspect(tool, place)["windows"][0]["identity"]
    check_identity(identity, services=[BLK], packages=sorted(tool.services))
    assert [(s["test_signing"], s["loaders"], s["inherited_test_signing"]) for s in identity["boot_stores"]] == [(1, 1, True)]
    for updates, name in ((["KB3033929"], "KB3033929"), (["KB4474419"], "stock SP1"),
                          (["KB4474419", "KB4490628"], "KB4474419 + KB4490628")):
        place = folder / "".join(updates)
        windows_tree.make_windows(place, updates=updates)
        assert inspect(tool, place)["windows"][0]["identity"]["signatures"] == name
    windows_tree.write_files(place, {CONFIG + "SYSTEM": windows_tree.system_hive()[:8192]})
    report = inspect(tool, place, CHECK_FAILED)
    assert [h["state"] for h in report["windows"][0]["identity"]["hives"]] == ["unusable", "clean"], report
    assert any(f["rule"] == "hive" for f in report["windows"][0]["findings"]) and not report["ok"]


def wims(tool, folder):
    boot, install = folder / "boot.wim", folder / "install.wim"
    inject_support.boot_wim(boot)
    inject_support.install_wim(install)
    report = inspect(tool, boot)
    assert report["kind"] == "wim" and [w["index"] for w in report["windows"]] == [1, 2]
    for windows, kind in zip(report["windows"], ("pe", "setup")):
        check_identity(windows["identity"], kind=kind)
    for windows, edition in zip(inspect(tool, install)["windows"], ("Starter", "Professional")):
        check_identity(windows["identity"], edition=edition)
        assert windows["title"] == edition
    report = inspect(tool, install, pack=True)
    assert all("this pack can be put in" in w["findings"][-1]["message"] for w in report["windows"]), report
    report = tool.json("inspect", install, "--test-signing", "off", status=CHECK_FAILED)
    assert any("test signing off" in f["message"] for f in report["windows"][0]["findings"])
    cut = folder / "cut.wim"
    cut.write_bytes(install.read_bytes()[:-100])
    assert tool.run("inspect", cut).returncode == BAD_INPUT


def media(tool, folder):
    work, root = folder / "work", folder / "media"
    work.mkdir()
    install_media.make_root(root, work)
    images = {"media-folder": root, "iso": folder / "joliet.iso"}
    install_media.iso_joliet(root, images["iso"])
    udf = folder / "udf.iso"
    install_media.iso_udf(root, udf)
    seen = []
    for kind, path in (*images.items(), ("iso", udf)):
        report = inspect(tool, path)
        assert report["kind"] == kind and len(report["boot_stores"]) == 2
        assert [(w["file"], w["index"]) for w in report["windows"]][:2] == [("sources/boot.wim", 1), ("sources/boot.wim", 2)]
        assert {w["identity"]["kind"] for w in report["windows"]} == {"pe", "setup", "os"}
        seen.append([w["identity"] for w in report["windows"]])
        tool.verify(path, status=CHECK_FAILED)
    assert seen[0] == seen[1] == seen[2]
    made_media(tool, folder, images["iso"])
    split_media(tool, folder, root)


def split_media(tool, folder, root):
    """An install.wim in parts is read as one; without one of them it is not taken for whole."""
    image = inject_support.windows_image("Large", installed=False)
    for number in range(4):
        image.add(f"Windows/large{number}.bin", hashlib.shake_128(b"%d" % number).digest(700000))
    inject_support.make_wim(root / "sources/install.wim", [image])
    out, unpacked = folder / "split.iso", folder / "split"
    report = tool.json("media", "--media-root", root, "--out", out, "--wim-limit", "1")
    assert report["split"] >= 3, report
    subprocess.run(["7z", "x", "-y", f"-o{unpacked}", str(out)], check=True, capture_output=True, timeout=60)
    for place in (out, unpacked):
        report = inspect(tool, place)
        assert [(w["file"], w["index"], w["title"]) for w in report["windows"]][2:] == [("sources/install.swm", 1, "Large")]
        assert tool.verify(place)["ok"]
    (unpacked / "sources/install2.swm").unlink()
    result = tool.run("verify-image", unpacked, "--driver-pack", tool.pack, "--cert", tool.cer)
    assert result.returncode == BAD_INPUT and "install2.swm" in result.stderr, result
    (unpacked / "sources/install.swm").write_bytes(b"MSWIM\0\0\0" + bytes(300))
    assert tool.run("inspect", unpacked).returncode == BAD_INPUT


def made_media(tool, folder, source):
    """What aerow7 media makes is complete, as an image and unpacked by somebody else; what is taken away is missed."""
    out, root = folder / "out.iso", folder / "unpacked"
    tool.json("media", "--iso", source, "--out", out)
    report = tool.verify(out)
    assert report["ok"] and {p["package"] for p in report["setup_drivers"]} == set(tool.services), report
    result = tool.run("verify-image", out, "--driver-pack", tool.pack, "--cert", tool.cer)
    assert "\nsources/install.wim, image 1: everything is there\n" in result.stdout and "/proc/" not in result.stdout, result
    subprocess.run(["7z", "x", "-y", f"-o{root}", str(out)], check=True, capture_output=True, timeout=60)
    assert tool.verify(root)["ok"]
    for path in (f"$WinPEDriver$/{BLK}/{BLK}.sys", "efi/microsoft/boot/bcd", "boot/bcd"):
        target = root / path
        sound = target.read_bytes()
        target.write_bytes(windows_tree.bcd_store())
        report = tool.verify(root, status=CHECK_FAILED)
        missed = [s.get("package", s.get("path")) for s in report["setup_drivers"] + report["boot_stores"]
                  if not s["complete"]]
        assert missed == [path if path.endswith("bcd") else BLK], (path, missed)
        target.write_bytes(sound)
    (root / f"$WinPEDriver$/{BLK}/{BLK}.inf").unlink()
    tool.verify(root, status=CHECK_FAILED)


def disks(tool, folder):
    volume, image = folder / "volume", folder / "disk.raw"
    disk_maker.windows_volume(volume)
    disk_maker.disk(image, [volume])
    report = inspect(tool, image)
    assert report["kind"] == "disk" and len(report["windows"]) == 1
    check_identity(report["windows"][0]["identity"], installed=True)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool = Offline(*sys.argv[1:4], folder / "tool", devices=("virtio-net",))
        folders(tool, folder)
        wims(tool, folder)
        media(tool, folder)
        disks(tool, folder)
    print("ok")


main()
