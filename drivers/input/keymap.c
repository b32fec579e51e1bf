/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "keymap.h"

#include <stddef.h>

#define KEY(code, usage) {code, InputPageKeyboard, usage}
#define CONSUMER(code, usage) {code, InputPageConsumer, usage}
#define SYSTEM(code, usage) {code, InputPageSystem, usage}

/* The comment is the code's name in <linux/input-event-codes.h>. */
/* clang-format off */
const INPUT_USAGE InputKeymap[] = {
    KEY(1, 0x29),            /* KEY_ESC */
    KEY(2, 0x1E),            /* KEY_1 */
    KEY(3, 0x1F),            /* KEY_2 */
    KEY(4, 0x20),            /* KEY_3 */
    KEY(5, 0x21),            /* KEY_4 */
    KEY(6, 0x22),            /* KEY_5 */
    KEY(7, 0x23),            /* KEY_6 */
    KEY(8, 0x24),            /* KEY_7 */
    KEY(9, 0x25),            /* KEY_8 */
    KEY(10, 0x26),           /* KEY_9 */
    KEY(11, 0x27),           /* KEY_0 */
    KEY(12, 0x2D),           /* KEY_MINUS */
    KEY(13, 0x2E),           /* KEY_EQUAL */
    KEY(14, 0x2A),           /* KEY_BACKSPACE */
    KEY(15, 0x2B),           /* KEY_TAB */
    KEY(16, 0x14),           /* KEY_Q */
    KEY(17, 0x1A),           /* KEY_W */
    KEY(18, 0x08),           /* KEY_E */
    KEY(19, 0x15),           /* KEY_R */
    KEY(20, 0x17),           /* KEY_T */
    KEY(21, 0x1C),           /* KEY_Y */
    KEY(22, 0x18),           /* KEY_U */
    KEY(23, 0x0C),           /* KEY_I */
    KEY(24, 0x12),           /* KEY_O */
    KEY(25, 0x13),           /* KEY_P */
    KEY(26, 0x2F),           /* KEY_LEFTBRACE */
    KEY(27, 0x30),           /* KEY_RIGHTBRACE */
    KEY(28, 0x28),           /* KEY_ENTER */
    KEY(29, 0xE0),           /* KEY_LEFTCTRL */
    KEY(30, 0x04),           /* KEY_A */
    KEY(31, 0x16),           /* KEY_S */
    KEY(32, 0x07),           /* KEY_D */
    KEY(33, 0x09),           /* KEY_F */
    KEY(34, 0x0A),           /* KEY_G */
    KEY(35, 0x0B),           /* KEY_H */
    KEY(36, 0x0D),           /* KEY_J */
    KEY(37, 0x0E),           /* KEY_K */
    KEY(38, 0x0F),           /* KEY_L */
    KEY(39, 0x33),           /* KEY_SEMICOLON */
    KEY(40, 0x34),           /* KEY_APOSTROPHE */
    KEY(41, 0x35),           /* KEY_GRAVE */
    KEY(42, 0xE1),           /* KEY_LEFTSHIFT */
    KEY(43, 0x31),           /* KEY_BACKSLASH */
    KEY(44, 0x1D),           /* KEY_Z */
    KEY(45, 0x1B),           /* KEY_X */
    KEY(46, 0x06),           /* KEY_C */
    KEY(47, 0x19),           /* KEY_V */
    KEY(48, 0x05),           /* KEY_B */
    KEY(49, 0x11),           /* KEY_N */
    KEY(50, 0x10),           /* KEY_M */
    KEY(51, 0x36),           /* KEY_COMMA */
    KEY(52, 0x37),           /* KEY_DOT */
    KEY(53, 0x38),           /* KEY_SLASH */
    KEY(54, 0xE5),           /* KEY_RIGHTSHIFT */
    KEY(55, 0x55),           /* KEY_KPASTERISK */
    KEY(56, 0xE2),           /* KEY_LEFTALT */
    KEY(57, 0x2C),           /* KEY_SPACE */
    KEY(58, 0x39),           /* KEY_CAPSLOCK */
    KEY(59, 0x3A),           /* KEY_F1 */
    KEY(60, 0x3B),           /* KEY_F2 */
    KEY(61, 0x3C),           /* KEY_F3 */
    KEY(62, 0x3D),           /* KEY_F4 */
    KEY(63, 0x3E),           /* KEY_F5 */
    KEY(64, 0x3F),           /* KEY_F6 */
    KEY(65, 0x40),           /* KEY_F7 */
    KEY(66, 0x41),           /* KEY_F8 */
    KEY(67, 0x42),           /* KEY_F9 */
    KEY(68, 0x43),           /* KEY_F10 */
    KEY(69, 0x53),           /* KEY_NUMLOCK */
    KEY(70, 0x47),           /* KEY_SCROLLLOCK */
    KEY(71, 0x5F),           /* KEY_KP7 */
    KEY(72, 0x60),           /* KEY_KP8 */
    KEY(73, 0x61),           /* KEY_KP9 */
    KEY(74, 0x56),           /* KEY_KPMINUS */
    KEY(75, 0x5C),           /* KEY_KP4 */
    KEY(76, 0x5D),           /* KEY_KP5 */
    KEY(77, 0x5E),           /* KEY_KP6 */
    KEY(78, 0x57),           /* KEY_KPPLUS */
    KEY(79, 0x59),           /* KEY_KP1 */
    KEY(80, 0x5A),           /* KEY_KP2 */
    KEY(81, 0x5B),           /* KEY_KP3 */
    KEY(82, 0x62),           /* KEY_KP0 */
    KEY(83, 0x63),           /* KEY_KPDOT */
    KEY(85, 0x94),           /* KEY_ZENKAKUHANKAKU */
    KEY(86, 0x64),           /* KEY_102ND */
    KEY(87, 0x44),           /* KEY_F11 */
    KEY(88, 0x45),           /* KEY_F12 */
    KEY(89, 0x87),           /* KEY_RO */
    KEY(90, 0x92),           /* KEY_KATAKANA */
    KEY(91, 0x93),           /* KEY_HIRAGANA */
    KEY(92, 0x8A),           /* KEY_HENKAN */
    KEY(93, 0x88),           /* KEY_KATAKANAHIRAGANA */
    KEY(94, 0x8B),           /* KEY_MUHENKAN */
    KEY(95, 0x8C),           /* KEY_KPJPCOMMA */
    KEY(96, 0x58),           /* KEY_KPENTER */
    KEY(97, 0xE4),           /* KEY_RIGHTCTRL */
    KEY(98, 0x54),           /* KEY_KPSLASH */
    KEY(99, 0x46),           /* KEY_SYSRQ */
    KEY(100, 0xE6),          /* KEY_RIGHTALT */
    KEY(102, 0x4A),          /* KEY_HOME */
    KEY(103, 0x52),          /* KEY_UP */
    KEY(104, 0x4B),          /* KEY_PAGEUP */
    KEY(105, 0x50),          /* KEY_LEFT */
    KEY(106, 0x4F),          /* KEY_RIGHT */
    KEY(107, 0x4D),          /* KEY_END */
    KEY(108, 0x51),          /* KEY_DOWN */
    KEY(109, 0x4E),          /* KEY_PAGEDOWN */
    KEY(110, 0x49),          /* KEY_INSERT */
    KEY(111, 0x4C),          /* KEY_DELETE */
    CONSUMER(113, 0xE2),     /* KEY_MUTE */
    CONSUMER(114, 0xEA),     /* KEY_VOLUMEDOWN */
    CONSUMER(115, 0xE9),     /* KEY_VOLUMEUP */
    SYSTEM(116, 0x81),       /* KEY_POWER */
    KEY(117, 0x67),          /* KEY_KPEQUAL */
    KEY(118, 0xD7),          /* KEY_KPPLUSMINUS */
    KEY(119, 0x48),          /* KEY_PAUSE */
    KEY(121, 0x85),          /* KEY_KPCOMMA */
    KEY(122, 0x90),          /* KEY_HANGEUL */
    KEY(123, 0x91),          /* KEY_HANJA */
    KEY(124, 0x89),          /* KEY_YEN */
    KEY(125, 0xE3),          /* KEY_LEFTMETA */
    KEY(126, 0xE7),          /* KEY_RIGHTMETA */
    KEY(127, 0x65),          /* KEY_COMPOSE */
    KEY(128, 0x78),          /* KEY_STOP */
    KEY(129, 0x79),          /* KEY_AGAIN */
    CONSUMER(130, 0x209),    /* KEY_PROPS */
    KEY(131, 0x7A),          /* KEY_UNDO */
    KEY(132, 0x77),          /* KEY_FRONT */
    KEY(133, 0x7C),          /* KEY_COPY */
    CONSUMER(134, 0x202),    /* KEY_OPEN */
    KEY(135, 0x7D),          /* KEY_PASTE */
    KEY(136, 0x7E),          /* KEY_FIND */
    KEY(137, 0x7B),          /* KEY_CUT */
    KEY(138, 0x75),          /* KEY_HELP */
    KEY(139, 0x65),          /* KEY_MENU */
    CONSUMER(140, 0x192),    /* KEY_CALC */
    SYSTEM(142, 0x82),       /* KEY_SLEEP */
    SYSTEM(143, 0x83),       /* KEY_WAKEUP */
    CONSUMER(144, 0x1B4),    /* KEY_FILE */
    CONSUMER(150, 0x196),    /* KEY_WWW */
    CONSUMER(152, 0x19E),    /* KEY_COFFEE */
    CONSUMER(155, 0x18A),    /* KEY_MAIL */
    CONSUMER(156, 0x22A),    /* KEY_BOOKMARKS */
    CONSUMER(157, 0x194),    /* KEY_COMPUTER */
    CONSUMER(158, 0x224),    /* KEY_BACK */
    CONSUMER(159, 0x225),    /* KEY_FORWARD */
    CONSUMER(160, 0xB8),     /* KEY_CLOSECD */
    CONSUMER(161, 0xB8),     /* KEY_EJECTCD */
    CONSUMER(162, 0xB8),     /* KEY_EJECTCLOSECD */
    CONSUMER(163, 0xB5),     /* KEY_NEXTSONG */
    CONSUMER(164, 0xCD),     /* KEY_PLAYPAUSE */
    CONSUMER(165, 0xB6),     /* KEY_PREVIOUSSONG */
    CONSUMER(166, 0xB7),     /* KEY_STOPCD */
    CONSUMER(167, 0xB2),     /* KEY_RECORD */
    CONSUMER(168, 0xB4),     /* KEY_REWIND */
    CONSUMER(169, 0x8C),     /* KEY_PHONE */
    CONSUMER(171, 0x183),    /* KEY_CONFIG */
    CONSUMER(172, 0x223),    /* KEY_HOMEPAGE */
    CONSUMER(173, 0x227),    /* KEY_REFRESH */
    CONSUMER(174, 0x94),     /* KEY_EXIT */
    CONSUMER(176, 0x23D),    /* KEY_EDIT */
    CONSUMER(177, 0x233),    /* KEY_SCROLLUP */
    CONSUMER(178, 0x234),    /* KEY_SCROLLDOWN */
    KEY(179, 0xB6),          /* KEY_KPLEFTPAREN */
    KEY(180, 0xB7),          /* KEY_KPRIGHTPAREN */
    CONSUMER(181, 0x201),    /* KEY_NEW */
    CONSUMER(182, 0x279),    /* KEY_REDO */
    KEY(183, 0x68),          /* KEY_F13 */
    KEY(184, 0x69),          /* KEY_F14 */
    KEY(185, 0x6A),          /* KEY_F15 */
    KEY(186, 0x6B),          /* KEY_F16 */
    KEY(187, 0x6C),          /* KEY_F17 */
    KEY(188, 0x6D),          /* KEY_F18 */
    KEY(189, 0x6E),          /* KEY_F19 */
    KEY(190, 0x6F),          /* KEY_F20 */
    KEY(191, 0x70),          /* KEY_F21 */
    KEY(192, 0x71),          /* KEY_F22 */
    KEY(193, 0x72),          /* KEY_F23 */
    KEY(194, 0x73),          /* KEY_F24 */
    CONSUMER(200, 0xB0),     /* KEY_PLAYCD */
    CONSUMER(201, 0xB1),     /* KEY_PAUSECD */
    SYSTEM(205, 0x82),       /* KEY_SUSPEND */
    CONSUMER(206, 0x203),    /* KEY_CLOSE */
    CONSUMER(207, 0xB0),     /* KEY_PLAY */
    CONSUMER(208, 0xB3),     /* KEY_FASTFORWARD */
    CONSUMER(209, 0xE5),     /* KEY_BASSBOOST */
    CONSUMER(210, 0x208),    /* KEY_PRINT */
    CONSUMER(215, 0x18A),    /* KEY_EMAIL */
    CONSUMER(216, 0x199),    /* KEY_CHAT */
    CONSUMER(217, 0x221),    /* KEY_SEARCH */
    CONSUMER(219, 0x191),    /* KEY_FINANCE */
    KEY(222, 0x99),          /* KEY_ALTERASE */
    KEY(223, 0x9B),          /* KEY_CANCEL */
    CONSUMER(224, 0x70),     /* KEY_BRIGHTNESSDOWN */
    CONSUMER(225, 0x6F),     /* KEY_BRIGHTNESSUP */
    CONSUMER(226, 0x183),    /* KEY_MEDIA */
    CONSUMER(228, 0x7C),     /* KEY_KBDILLUMTOGGLE */
    CONSUMER(229, 0x7A),     /* KEY_KBDILLUMDOWN */
    CONSUMER(230, 0x79),     /* KEY_KBDILLUMUP */
    CONSUMER(231, 0x28C),    /* KEY_SEND */
    CONSUMER(232, 0x289),    /* KEY_REPLY */
    CONSUMER(233, 0x28B),    /* KEY_FORWARDMAIL */
    CONSUMER(234, 0x207),    /* KEY_SAVE */
    CONSUMER(235, 0x1A7),    /* KEY_DOCUMENTS */
    CONSUMER(244, 0x75),     /* KEY_BRIGHTNESS_AUTO */
    CONSUMER(352, 0x41),     /* KEY_OK */
    CONSUMER(353, 0x41),     /* KEY_SELECT */
    CONSUMER(354, 0x222),    /* KEY_GOTO */
    KEY(355, 0x9C),          /* KEY_CLEAR */
    SYSTEM(356, 0x81),       /* KEY_POWER2 */
    CONSUMER(358, 0x60),     /* KEY_INFO */
    CONSUMER(365, 0x8D),     /* KEY_EPG */
    CONSUMER(366, 0x9A),     /* KEY_PVR */
    CONSUMER(370, 0x61),     /* KEY_SUBTITLE */
    CONSUMER(372, 0x232),    /* KEY_FULL_SCREEN */
    CONSUMER(374, 0x1AE),    /* KEY_KEYBOARD */
    CONSUMER(375, 0x6D),     /* KEY_ASPECT_RATIO */
    CONSUMER(376, 0x88),     /* KEY_PC */
    CONSUMER(377, 0x89),     /* KEY_TV */
    CONSUMER(378, 0x97),     /* KEY_TV2 */
    CONSUMER(379, 0x92),     /* KEY_VCR */
    CONSUMER(380, 0xA0),     /* KEY_VCR2 */
    CONSUMER(381, 0x98),     /* KEY_SAT */
    CONSUMER(383, 0x91),     /* KEY_CD */
    CONSUMER(384, 0x96),     /* KEY_TAPE */
    CONSUMER(386, 0x93),     /* KEY_TUNER */
    CONSUMER(389, 0x8B),     /* KEY_DVD */
    CONSUMER(392, 0x1B7),    /* KEY_AUDIO */
    CONSUMER(393, 0x1B8),    /* KEY_VIDEO */
    CONSUMER(396, 0x90),     /* KEY_MEMO */
    CONSUMER(397, 0x18E),    /* KEY_CALENDAR */
    CONSUMER(398, 0x69),     /* KEY_RED */
    CONSUMER(399, 0x6A),     /* KEY_GREEN */
    CONSUMER(400, 0x6C),     /* KEY_YELLOW */
    CONSUMER(401, 0x6B),     /* KEY_BLUE */
    CONSUMER(402, 0x9C),     /* KEY_CHANNELUP */
    CONSUMER(403, 0x9D),     /* KEY_CHANNELDOWN */
    CONSUMER(405, 0x83),     /* KEY_LAST */
    CONSUMER(409, 0xF5),     /* KEY_SLOW */
    CONSUMER(410, 0xB9),     /* KEY_SHUFFLE */
    CONSUMER(416, 0x8E),     /* KEY_VIDEOPHONE */
    CONSUMER(417, 0x8F),     /* KEY_GAMES */
    CONSUMER(418, 0x22D),    /* KEY_ZOOMIN */
    CONSUMER(419, 0x22E),    /* KEY_ZOOMOUT */
    CONSUMER(421, 0x184),    /* KEY_WORDPROCESSOR */
    CONSUMER(422, 0x185),    /* KEY_EDITOR */
    CONSUMER(423, 0x186),    /* KEY_SPREADSHEET */
    CONSUMER(424, 0x187),    /* KEY_GRAPHICSEDITOR */
    CONSUMER(425, 0x188),    /* KEY_PRESENTATION */
    CONSUMER(426, 0x189),    /* KEY_DATABASE */
    CONSUMER(427, 0x18B),    /* KEY_NEWS */
    CONSUMER(428, 0x18C),    /* KEY_VOICEMAIL */
    CONSUMER(429, 0x18D),    /* KEY_ADDRESSBOOK */
    CONSUMER(430, 0x1BC),    /* KEY_MESSENGER */
    CONSUMER(431, 0x72),     /* KEY_BRIGHTNESS_TOGGLE */
    CONSUMER(432, 0x1AB),    /* KEY_SPELLCHECK */
    CONSUMER(433, 0x19C),    /* KEY_LOGOFF */
    CONSUMER(439, 0xBC),     /* KEY_MEDIA_REPEAT */
    CONSUMER(442, 0x1B6),    /* KEY_IMAGES */
    CONSUMER(576, 0x181),    /* KEY_BUTTONCONFIG */
    CONSUMER(577, 0x18F),    /* KEY_TASKMANAGER */
    CONSUMER(578, 0x190),    /* KEY_JOURNAL */
    CONSUMER(579, 0x19F),    /* KEY_CONTROLPANEL */
    CONSUMER(580, 0x1A2),    /* KEY_APPSELECT */
    CONSUMER(581, 0x1B1),    /* KEY_SCREENSAVER */
    CONSUMER(582, 0xCF),     /* KEY_VOICECOMMAND */
    CONSUMER(583, 0x1CB),    /* KEY_ASSISTANT */
    CONSUMER(584, 0x29D),    /* KEY_KBD_LAYOUT_NEXT */
    CONSUMER(585, 0xD9),     /* KEY_EMOJI_PICKER */
    CONSUMER(586, 0xD8),     /* KEY_DICTATE */
    CONSUMER(592, 0x73),     /* KEY_BRIGHTNESS_MIN */
    CONSUMER(593, 0x74),     /* KEY_BRIGHTNESS_MAX */
};
/* clang-format on */
const uint16_t InputKeymapCount = sizeof(InputKeymap) / sizeof(InputKeymap[0]);

const INPUT_USAGE *InputKeymapFind(uint16_t code)
{
    uint16_t low = 0;
    uint16_t high = InputKeymapCount;

    while (low < high) {
        uint16_t middle = (uint16_t)((low + high) / 2);

        if (InputKeymap[middle].Code == code) {
            return &InputKeymap[middle];
        }
        if (InputKeymap[middle].Code < code) {
            low = (uint16_t)(middle + 1);
        } else {
            high = middle;
        }
    }
    return NULL;
}
