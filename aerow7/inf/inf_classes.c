/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_classes.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/*
 * "System-Defined Device Setup Classes Available to Vendors" and "... Reserved for System Use", without those that came
 * after Windows 7. USB is for host controllers and hubs, which have drivers of vendors too.
 */
static const struct inf_class classes[] = {
    {"Battery", "{72631e54-78a4-11d0-bcf7-00aa00b7b32a}", false},
    {"Biometric", "{53d29ef7-377c-4d14-864b-eb3a85769359}", false},
    {"Bluetooth", "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}", false},
    {"CDROM", "{4d36e965-e325-11ce-bfc1-08002be10318}", false},
    {"DiskDrive", "{4d36e967-e325-11ce-bfc1-08002be10318}", false},
    {"Display", "{4d36e968-e325-11ce-bfc1-08002be10318}", false},
    {"FDC", "{4d36e969-e325-11ce-bfc1-08002be10318}", false},
    {"FloppyDisk", "{4d36e980-e325-11ce-bfc1-08002be10318}", false},
    {"HDC", "{4d36e96a-e325-11ce-bfc1-08002be10318}", false},
    {"HIDClass", "{745a17a0-74d3-11d0-b6fe-00a0c90f57da}", false},
    {"Dot4", "{48721b56-6795-11d2-b1a8-0080c72e74a2}", false},
    {"Dot4Print", "{49ce6ac8-6f86-11d2-b1e5-0080c72e74a2}", false},
    {"61883", "{7ebefbc0-3200-11d2-b4c2-00a0c9697d07}", false},
    {"AVC", "{c06ff265-ae09-48f0-812c-16753d7cba83}", false},
    {"SBP2", "{d48179be-ec20-11d1-b6b8-00c04fa372a7}", false},
    {"1394", "{6bdd1fc1-810f-11d0-bec7-08002be2092f}", false},
    {"Image", "{6bdd1fc6-810f-11d0-bec7-08002be2092f}", false},
    {"Infrared", "{6bdd1fc5-810f-11d0-bec7-08002be2092f}", false},
    {"Keyboard", "{4d36e96b-e325-11ce-bfc1-08002be10318}", false},
    {"MediumChanger", "{ce5939ae-ebde-11d0-b181-0000f8753ec4}", false},
    {"MTD", "{4d36e970-e325-11ce-bfc1-08002be10318}", false},
    {"Modem", "{4d36e96d-e325-11ce-bfc1-08002be10318}", false},
    {"Monitor", "{4d36e96e-e325-11ce-bfc1-08002be10318}", false},
    {"Mouse", "{4d36e96f-e325-11ce-bfc1-08002be10318}", false},
    {"Multifunction", "{4d36e971-e325-11ce-bfc1-08002be10318}", false},
    {"Media", "{4d36e96c-e325-11ce-bfc1-08002be10318}", false},
    {"MultiportSerial", "{50906cb8-ba12-11d1-bf5d-0000f805f530}", false},
    {"Net", "{4d36e972-e325-11ce-bfc1-08002be10318}", false},
    {"NetClient", "{4d36e973-e325-11ce-bfc1-08002be10318}", false},
    {"NetService", "{4d36e974-e325-11ce-bfc1-08002be10318}", false},
    {"NetTrans", "{4d36e975-e325-11ce-bfc1-08002be10318}", false},
    {"SecurityAccelerator", "{268c95a1-edfe-11d3-95c3-0010dc4050a5}", false},
    {"PCMCIA", "{4d36e977-e325-11ce-bfc1-08002be10318}", false},
    {"Ports", "{4d36e978-e325-11ce-bfc1-08002be10318}", false},
    {"Printer", "{4d36e979-e325-11ce-bfc1-08002be10318}", false},
    {"PNPPrinters", "{4658ee7e-f050-11d1-b6bd-00c04fa372a7}", false},
    {"Processor", "{50127dc3-0f36-415e-a6cc-4cb3be910b65}", false},
    {"SCSIAdapter", "{4d36e97b-e325-11ce-bfc1-08002be10318}", false},
    {"Sensor", "{5175d334-c371-4806-b3ba-71fd53c9258d}", false},
    {"SmartCardReader", "{50dd5230-ba8a-11d1-bf5d-0000f805f530}", false},
    {"Volume", "{71a27cdd-812a-11d0-bec7-08002be2092f}", false},
    {"System", "{4d36e97d-e325-11ce-bfc1-08002be10318}", false},
    {"TapeDrive", "{6d807884-7d21-11cf-801c-08002be10318}", false},
    {"USBDevice", "{88bae032-5a81-49f0-bc3d-a4ff138216d6}", false},
    {"WCEUSBS", "{25dbce51-6c8f-4a72-8a6d-b54c2b4fc835}", false},
    {"WPD", "{eec5ad98-8080-425f-922a-dabf3de3f69a}", false},
    {"Adapter", "{4d36e964-e325-11ce-bfc1-08002be10318}", true},
    {"APMSupport", "{d45b1c18-c8fa-11d1-9f77-0000f805f530}", true},
    {"Computer", "{4d36e966-e325-11ce-bfc1-08002be10318}", true},
    {"Decoder", "{6bdd1fc2-810f-11d0-bec7-08002be2092f}", true},
    {"1394Debug", "{66f250d6-7801-4a64-b139-eea80a450b24}", true},
    {"Enum1394", "{c459df55-db08-11d1-b009-00a0c9081ff6}", true},
    {"NoDriver", "{4d36e976-e325-11ce-bfc1-08002be10318}", true},
    {"LegacyDriver", "{8ecc055d-047f-11d1-a537-0000f8753ed1}", true},
    {"Unknown", "{4d36e97e-e325-11ce-bfc1-08002be10318}", true},
    {"PrinterUpgrade", "{4d36e97a-e325-11ce-bfc1-08002be10318}", true},
    {"Sound", "{4d36e97c-e325-11ce-bfc1-08002be10318}", true},
    {"VolumeSnapshot", "{533c5b84-ec70-11d2-9505-00c04f79deaf}", true},
    {"USB", "{36fc9e60-c465-11cf-8056-444553540000}", false},
    {"Sample", "{78a1c341-4539-11d3-b88d-00c04fad5171}", true},
};

const struct inf_class *inf_class_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); ++i) {
        if (strcasecmp(classes[i].name, name) == 0) {
            return &classes[i];
        }
    }
    return NULL;
}

const struct inf_class *inf_class_by_guid(const char *guid)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); ++i) {
        if (strcasecmp(classes[i].guid, guid) == 0) {
            return &classes[i];
        }
    }
    return NULL;
}

bool inf_is_guid(const char *text)
{
    static const char shape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
    size_t length = strlen(text);

    if (length != sizeof(shape) - 1) {
        return false;
    }
    for (size_t i = 0; i < length; ++i) {
        if (shape[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != shape[i]) {
            return false;
        }
    }
    return true;
}
