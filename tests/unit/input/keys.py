# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which HID usage means which Linux key, written the other way round than the driver's table: as a HID host reads
keyboards (HID Usage Tables 1.12: chapter 10 "Keyboard/Keypad", 15 "Consumer", 4.5 "System Control"). Key codes come
from <linux/input-event-codes.h> itself."""
import pathlib
import re

KEYBOARD, CONSUMER, SYSTEM = 0x07, 0x0C, 0x01
HEADER = pathlib.Path("/usr/include/linux/input-event-codes.h")


def linux_codes():
    codes = {}
    for name, value in re.findall(r"^#define\s+((?:KEY|BTN|REL|ABS|EV|SYN|LED)_\w+)\s+(\w+)", HEADER.read_text(), re.M):
        codes[name] = codes[value] if value in codes else int(value, 0) if value[0].isdigit() else None
    return codes


def _row(first, names):
    return {first + i: name.split("/") for i, name in enumerate(names.split()) if name != "-"}


# By usage; "/" where several keys mean it, "-" where none does.
KEYBOARD_USAGES = {
    **_row(0x04, "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z 1 2 3 4 5 6 7 8 9 0"),
    **_row(0x28, "ENTER ESC BACKSPACE TAB SPACE MINUS EQUAL LEFTBRACE RIGHTBRACE BACKSLASH - SEMICOLON APOSTROPHE GRAVE"),
    **_row(0x36, "COMMA DOT SLASH CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 SYSRQ SCROLLLOCK PAUSE INSERT HOME"),
    **_row(0x4B, "PAGEUP DELETE END PAGEDOWN RIGHT LEFT DOWN UP NUMLOCK KPSLASH KPASTERISK KPMINUS KPPLUS KPENTER"),
    **_row(0x59, "KP1 KP2 KP3 KP4 KP5 KP6 KP7 KP8 KP9 KP0 KPDOT 102ND COMPOSE/MENU - KPEQUAL F13 F14 F15 F16 F17 F18"),
    **_row(0x6E, "F19 F20 F21 F22 F23 F24 - HELP - FRONT STOP AGAIN UNDO CUT COPY PASTE FIND - - - - - - KPCOMMA -"),
    **_row(0x87, "RO KATAKANAHIRAGANA YEN HENKAN MUHENKAN KPJPCOMMA - - - HANGEUL HANJA KATAKANA HIRAGANA ZENKAKUHANKAKU"),
    **_row(0x99, "ALTERASE - CANCEL CLEAR"),
    **_row(0xB6, "KPLEFTPAREN KPRIGHTPAREN"),
    **_row(0xD7, "KPPLUSMINUS"),
    **_row(0xE0, "LEFTCTRL LEFTSHIFT LEFTALT LEFTMETA RIGHTCTRL RIGHTSHIFT RIGHTALT RIGHTMETA"),
}

CONSUMER_USAGES = {
    **_row(0x60, "INFO SUBTITLE"), **_row(0x69, "RED GREEN BLUE YELLOW ASPECT_RATIO - BRIGHTNESSUP BRIGHTNESSDOWN"),
    **_row(0x72, "BRIGHTNESS_TOGGLE BRIGHTNESS_MIN BRIGHTNESS_MAX BRIGHTNESS_AUTO"),
    **_row(0x79, "KBDILLUMUP KBDILLUMDOWN - KBDILLUMTOGGLE"), **_row(0x83, "LAST"),
    **_row(0x88, "PC TV - DVD PHONE EPG VIDEOPHONE GAMES MEMO CD VCR TUNER EXIT - TAPE TV2 SAT - PVR"),
    **_row(0x9C, "CHANNELUP CHANNELDOWN"), **_row(0xA0, "VCR2"),
    **_row(0xB0, "PLAYCD/PLAY PAUSECD RECORD FASTFORWARD REWIND NEXTSONG PREVIOUSSONG STOPCD"),
    **_row(0xB8, "EJECTCD/CLOSECD/EJECTCLOSECD SHUFFLE"), **_row(0xBC, "MEDIA_REPEAT"), **_row(0xCD, "PLAYPAUSE"),
    **_row(0xCF, "VOICECOMMAND"), **_row(0xD8, "DICTATE EMOJI_PICKER"), **_row(0xE2, "MUTE"), **_row(0xE5, "BASSBOOST"),
    **_row(0xE9, "VOLUMEUP VOLUMEDOWN"), **_row(0xF5, "SLOW"), **_row(0x41, "SELECT/OK"),
    **_row(0x181, "BUTTONCONFIG - CONFIG/MEDIA WORDPROCESSOR EDITOR SPREADSHEET GRAPHICSEDITOR PRESENTATION DATABASE"),
    **_row(0x18A, "MAIL/EMAIL NEWS VOICEMAIL ADDRESSBOOK CALENDAR TASKMANAGER JOURNAL FINANCE CALC - COMPUTER - WWW"),
    **_row(0x199, "CHAT"), **_row(0x19C, "LOGOFF - COFFEE CONTROLPANEL - - APPSELECT"), **_row(0x1A7, "DOCUMENTS"),
    **_row(0x1AB, "SPELLCHECK - - KEYBOARD - - SCREENSAVER - - FILE - IMAGES AUDIO VIDEO"), **_row(0x1BC, "MESSENGER"),
    **_row(0x1CB, "ASSISTANT"), **_row(0x201, "NEW OPEN CLOSE"), **_row(0x207, "SAVE PRINT PROPS"),
    **_row(0x221, "SEARCH GOTO HOMEPAGE BACK FORWARD - REFRESH"), **_row(0x22A, "BOOKMARKS - - ZOOMIN ZOOMOUT"),
    **_row(0x232, "FULL_SCREEN SCROLLUP SCROLLDOWN"), **_row(0x23D, "EDIT"), **_row(0x279, "REDO"),
    **_row(0x289, "REPLY - FORWARDMAIL SEND"), **_row(0x29D, "KBD_LAYOUT_NEXT"),
}

SYSTEM_USAGES = _row(0x81, "POWER/POWER2 SLEEP/SUSPEND WAKEUP")


def usages_by_code():
    """{Linux code: (page, usage)}"""
    codes, out = linux_codes(), {}
    for page, table in ((KEYBOARD, KEYBOARD_USAGES), (CONSUMER, CONSUMER_USAGES), (SYSTEM, SYSTEM_USAGES)):
        for usage, names in table.items():
            for name in names:
                out[codes["KEY_" + name]] = page, usage
    return out


# QEMU's key names (QAPI's QKeyCode) and the keys that they are. "lf" (KEY_LINEFEED) alone has no usage.
QEMU = {name: "KEY_" + (key or name).upper() for name, _, key in (pair.partition("=") for pair in """
    shift=leftshift shift_r=rightshift alt=leftalt alt_r=rightalt ctrl=leftctrl ctrl_r=rightctrl menu esc 1 2 3 4 5 6 7 8 9
    0 minus equal backspace tab q w e r t y u i o p bracket_left=leftbrace bracket_right=rightbrace ret=enter a s d f g h j
    k l semicolon apostrophe grave_accent=grave backslash z x c v b n m comma dot slash asterisk=kpasterisk spc=space
    caps_lock=capslock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 num_lock=numlock scroll_lock=scrolllock kp_divide=kpslash
    kp_multiply=kpasterisk kp_subtract=kpminus kp_add=kpplus kp_enter=kpenter kp_decimal=kpdot sysrq kp_0=kp0 kp_1=kp1
    kp_2=kp2 kp_3=kp3 kp_4=kp4 kp_5=kp5 kp_6=kp6 kp_7=kp7 kp_8=kp8 kp_9=kp9 less=102nd f11 f12 print=sysrq home pgup=pageup
    pgdn=pagedown end left up down right insert delete stop again props undo front copy open paste find cut help
    meta_l=leftmeta meta_r=rightmeta compose pause ro hiragana henkan yen muhenkan katakanahiragana kp_comma=kpcomma
    kp_equals=kpequal power sleep wake=wakeup audionext=nextsong audioprev=previoussong audiostop=stopcd
    audioplay=playpause audiomute=mute volumeup volumedown mediaselect=media mail calculator=calc computer
    ac_home=homepage ac_back=back ac_forward=forward ac_refresh=refresh ac_bookmarks=bookmarks lang1=hangeul lang2=hanja
    f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24""".split())}
