/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the Windows files of the driver share: one sound device.
 *
 * A device is an object in nonpaged pool with a count of references: its FDO holds one, each miniport one, PortCls one
 * through IAdapterPowerManagement. Streams hold their miniport. So it outlives everybody who can ask for anything,
 * also after removal, when every request is answered with SndCancelled and no register is touched.
 *
 * Lock (spin lock, DISPATCH_LEVEL) protects State, the four queues' engines, Volume, Jacks and the streams' pacing. No
 * other driver is called under it, KeSetEvent and KeInsertQueueDpc are. Everything here says which of these it wants:
 *   passive: PASSIVE_LEVEL, without the lock        locked: DISPATCH_LEVEL, under the lock
 *   any: up to DISPATCH_LEVEL, without the lock
 * The interrupt routine takes no lock: it touches InD0, Work, the ISR register and its counters.
 *
 * Who drives the virtio device: Plug and Play, power changes and the work item, all passive and never at the same time:
 * the first two set State first, so that the work item has nothing more to do, then wait for it. Everybody else sets
 * State under the lock and queues the work item.
 */
#ifndef AERO_SND_DEVICE_H
#define AERO_SND_DEVICE_H

#include "portcls.h"

#include "control.h"
#include "diagnostics.h"
#include "drivers/common/wdm_interrupt.h"
#include "events.h"
#include "formats.h"
#include "jack.h"
#include "msix_plan.h"
#include "pcm.h"
#include "stream.h"
#include "transport_legacy.h"
#include "transport_modern.h"
#include "volume.h"

#define SND_POOL_TAG 0x6E536F41u /* "AoSn" */
#define SND_DIRECTIONS 2         /* VIRTIO_SND_D_OUTPUT, VIRTIO_SND_D_INPUT: index of everything that there is two of */

/* Pins and nodes: "Topology" in README.md. */
enum { SndWavePinRender, SndWavePinRenderBridge, SndWavePinCapture, SndWavePinCaptureBridge, SndWavePinCount };
enum {
    SndTopologyPinFromWave,
    SndTopologyPinSpeaker,
    SndTopologyPinToWave,
    SndTopologyPinMicrophone,
    SndTopologyPinCount
};

#define SND_PORTS 2 /* port drivers, one for each subdevice */
#define SND_PORT_WAVE 0
#define SND_PORT_TOPOLOGY 1
#define SND_CONNECTIONS 2

/* Transitions: README.md. */
typedef enum SND_STATE {
    SndStopped,  /* no resources, or none that are used */
    SndStarting, /* by whoever set this state */
    SndRunning,
    SndResetting, /* the work item will start it again */
    SndFailed,    /* until it has slept or was started anew */
    SndAsleep,
    SndRemoved,
} SND_STATE;

/* Unique ids of the event log's entries: README.md. Those up to 16 mean what they mean in the other drivers. */
typedef enum SND_LOG {
    SndLogNothing = 0,
    SndLogConfigSpace = 1,
    SndLogIdentity = 2,
    SndLogCapabilities = 3,
    SndLogStrictContract = 4,
    SndLogBar = 5,
    SndLogMemory = 6,
    SndLogNoReset = 7,
    SndLogFeatures = 8,
    SndLogOtherFeatures = 9,
    SndLogQueueSize = 10,
    SndLogQueueSetUp = 11,
    SndLogVectors = 12,
    SndLogNonsense = 13,
    SndLogNeedsReset = 14,
    SndLogInterrupt = 15,
    SndLogTooManyResets = 16,
    SndLogDialect = 17,   /* the device answered in the other dialect */
    SndLogNoStreams = 18, /* no stream that Windows could use, or no answer to the question */
    SndLogNullBackend = 19,
    SndLogPolling = 20,
} SND_LOG;

#define SND_WORK_CONFIG 1ul /* a configuration interrupt may have come */

typedef struct SND_DMA {
    PUCHAR Memory;
    PHYSICAL_ADDRESS Physical;
    ULONG Bytes;
} SND_DMA;

typedef struct SND_WAVE_MINIPORT SND_WAVE_MINIPORT; /* wave.c */

typedef struct SND_DEVICE {
    IAdapterPowerManagement Power; /* first: what PortCls gets */
    LONG References;
    PDEVICE_OBJECT Fdo; /* NULL once it is removed */
    PDEVICE_OBJECT Pdo;
    PDEVICE_OBJECT Lower; /* what PortCls has attached the FDO to */
    UINT64 Frequency;     /* of SndNow */

    KSPIN_LOCK Lock;
    SND_STATE State;
    SND_LOG Failure; /* why it failed, until the work item has reset it and logged that */
    ULONG Resets;    /* that it asked for since it last completed anything */

    SND_DIALECT Dialect;
    BOOLEAN MismatchLogged;
    SND_CONTROL Control;
    SND_EVENTS Events;
    SND_PCM Pcm[SND_DIRECTIONS];
    VIRTIO_DOORBELL Doorbells[VIRTIO_SND_VQ_MAX];
    USHORT QueueSizes[VIRTIO_SND_VQ_MAX];
    SND_JACKS Jacks;
    BOOLEAN JackDetection;             /* the device has said or says something of jacks */
    SND_VOLUME Volume[SND_DIRECTIONS]; /* what the topology's nodes say; the streams apply it */
    ULONG ChannelMask[SND_DIRECTIONS]; /* KSPROPERTY_AUDIO_CHANNEL_CONFIG */

    /* Read once at each start, constant while streams can be made. Stream[d] NULL: none in that direction. */
    ULONG StreamCount;
    SND_STREAM_INFO Streams[SND_STREAMS_MAX];
    const SND_STREAM_INFO *Stream[SND_DIRECTIONS];

    BOOLEAN TransportOpen;
    BOOLEAN ContractLayout;
    VIRTIO_TRANSPORT *Transport;
    union {
        VIRTIO_MODERN Modern;
        VIRTIO_LEGACY Legacy;
    } Registers;
    ULONG Ports0; /* of a legacy device's BAR0 */
    ULONG Ports0Length;
    BOOLEAN LegacyRings; /* laid out as a legacy device wants them, below 4 GiB */
    VIRTIO_MODERN_BAR Bars[VIRTIO_PCI_BAR_COUNT];
    UINT64 Features;
    SND_DMA Dma;
    PVOID QueueState;
    BOOLEAN QueuesReady;  /* under Lock once the device has run */
    PDMA_ADAPTER Adapter; /* also for the bounce buffers of streams: SndAllocateDma */
    ULONG SubsystemId;
    UCHAR Revision;

    WDM_INTERRUPT Interrupt;
    VIRTIO_MSIX_PLAN Plan;
    KDPC Dpc;
    ULONG Work; /* SND_WORK_*, atomic */

    PIO_WORKITEM WorkItem;
    BOOLEAN WorkQueued; /* under Lock, like the next */
    BOOLEAN WaveWork;   /* SndWaveWork is wanted */
    KEVENT WorkIdle;

    volatile BOOLEAN InD0; /* registers may be touched */

    /* Registry. */
    BOOLEAN NullBackend; /* streams play into nothing and record silence, whatever the device is */
    BOOLEAN AllowPollingOnly;
    BOOLEAN StrictContract;
    ULONG DialectChoice;

    BOOLEAN Polling; /* there is no interrupt: whoever waits or paces calls SndPoll */

    /* Subdevices. */
    PPORT Ports[SND_PORTS]; /* referenced; NULL: not registered */
    ULONG Connected;        /* which physical connections are registered: bits */
    BOOLEAN PowerRegistered;
    SND_WAVE_MINIPORT *Wave;
    PPORTEVENTS TopologyEvents; /* referenced; NULL: nobody to tell. Under Lock, like the next */
    ULONG JacksChanged;         /* that the work item tells of: bit n, jack n */
    PDEVICE_OBJECT DiagnosticDevice;

    SND_DIAGNOSTICS Diagnostics;
} SND_DEVICE;

static inline UINT64 SndNow(VOID)
{
    return (UINT64)KeQueryPerformanceCounter(NULL).QuadPart;
}

static inline BOOLEAN SndIsGuid(const GUID *one, const GUID *other)
{
    return RtlCompareMemory(one, other, sizeof(GUID)) == sizeof(GUID);
}

/* ---- adapter.c ---- */
VOID SndDeviceReference(SND_DEVICE *device);
VOID SndDeviceRelease(SND_DEVICE *device);
/* The SND_DEVICE behind the `adapter` argument of IMiniport*::Init; not referenced. */
SND_DEVICE *SndDeviceOfAdapter(PUNKNOWN adapter);

/* ---- request.c: control requests. Passive; they wait for the reply, SND_CONTROL_TIMEOUT_MS at most. ----
 * SndCancelled: the device is not running (asleep, resetting, gone), or was reset before it answered. Any number of
 * threads may ask at once; there are SND_CONTROL_SLOTS slots (SndBusy beyond). */
SND_RESULT SndRequestSetParams(SND_DEVICE *device, const SND_PARAMS *params, const SND_STREAM_INFO *stream);
/* PREPARE, RELEASE, START, STOP: `code` as of SndRequestCode. */
SND_RESULT SndRequestSimple(SND_DEVICE *device, ULONG code, ULONG streamId);
/* Locked: what the DPC does with the control queue. FALSE: nonsense. */
BOOLEAN SndControlService(SND_DEVICE *device);
/* Locked, after the device was reset or is gone: whoever waits gets SndCancelled. */
VOID SndControlCancelAll(SND_DEVICE *device);
/* Passive, in state SndStarting or SndRunning: fills Streams, Stream, and asks for jacks. */
SND_LOG SndReadStreams(SND_DEVICE *device);

/* BAD_MSG and the like as NTSTATUS, "NTSTATUS" in README.md. */
NTSTATUS SndResultToStatus(SND_RESULT result);

/* ---- hardware.c, interrupt.c, work.c ---- */
/* Locked: rings for what was put into the queue, if the device wants to be told. Nothing happens unless it runs. */
VOID SndKick(SND_DEVICE *device, USHORT queue);
/* Locked: transfers may be submitted. FALSE in every state but SndRunning: the PCM engines are then left alone but for
 * what SndWaveDeviceLost does. */
static inline BOOLEAN SndDeviceRuns(const SND_DEVICE *device)
{
    return device->State == SndRunning;
}
/* Any: does what the DPC of an interrupt would do, at once. For polling, and for who suspects that one was lost. */
VOID SndPoll(SND_DEVICE *device);
/* Locked: it is reset and started again, as when it asks for that; too often, and it fails. */
VOID SndDeviceReset(SND_DEVICE *device);
/* Locked: it cannot be worked with any more. The work item resets and logs. */
VOID SndDeviceFail(SND_DEVICE *device, SND_LOG why);
/* Locked: SndWaveWork is called from the work item, once for any number of these. Not after removal. */
VOID SndQueueWaveWork(SND_DEVICE *device);
/* Passive: physically contiguous memory that the device can reach. FALSE: there is none. */
BOOLEAN SndAllocateDma(SND_DEVICE *device, ULONG bytes, SND_DMA *dma);
VOID SndFreeDma(SND_DEVICE *device, SND_DMA *dma);

/* ---- What the streams (wave*.c, backend*.c) implement and the rest calls ---- */

/* Passive. Makes the wave miniport, referenced once for the caller; it finds its device in IMiniportWaveRT::Init. */
NTSTATUS SndWaveCreate(PUNKNOWN *miniport);
/* Locked: the queue of that direction may have completions: reap, submit, SndKick. FALSE: the device wrote nonsense,
 * and the caller fails it. */
BOOLEAN SndWaveService(SND_DEVICE *device, ULONG direction);
/* Locked: SndEventPeriodElapsed and SndEventXrun; Data is the stream's id, as the device says. */
VOID SndWaveEvent(SND_DEVICE *device, const SND_EVENT *event);
/* Locked, after the device was reset or is gone, and always before SndWaveDeviceBack: messages come back with
 * SndPcmDetach, streams go to Released (SndStreamDeviceReset). Time goes on; may come twice. */
VOID SndWaveDeviceLost(SND_DEVICE *device);
/* Passive: it runs (again) after SndWaveDeviceLost: after a reset, or back in D0. Not at the first start. */
VOID SndWaveDeviceBack(SND_DEVICE *device);
/* Passive, while it still runs: before D3. PortCls has paused the streams. SndWaveDeviceLost follows. */
VOID SndWaveSleep(SND_DEVICE *device);
/* Passive, once or more: it will not come back. Clients must not wait for it. SndWaveDeviceLost came before. */
VOID SndWaveRemoved(SND_DEVICE *device);
/* Passive, from the work item: see SndQueueWaveWork. May run at the same time as any client's call. */
VOID SndWaveWork(SND_DEVICE *device);

/* ---- topology.c ---- */
NTSTATUS SndTopologyCreate(PUNKNOWN *miniport);
/* Passive: who is told of jacks; takes over the reference. */
VOID SndTopologyRememberPort(SND_DEVICE *device, PPORTEVENTS events);
VOID SndTopologyForgetPort(SND_DEVICE *device);
/* Passive, from the work item: tells programs of the jacks in JacksChanged. */
VOID SndTopologyTellJacks(SND_DEVICE *device);

/* ---- start.c. Passive. ---- */
/* Raw and translated resources of the bus; may be NULL, then it fails. */
NTSTATUS SndStart(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
/* Ends the device's DMA, then gives back all that SndStart took. `state`: SndStopped or SndRemoved. */
VOID SndStop(SND_DEVICE *device, SND_STATE state);
/* For good, before IRP_MN_REMOVE_DEVICE goes on. */
VOID SndRemove(SND_DEVICE *device);

/* ---- resources.c, or resources_legacy.c in the packages for legacy devices. Passive. Failures are logged. ---- */
NTSTATUS SndOpenTransport(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
/* After SndConnectInterrupt: a legacy device moves registers when messages are on. */
VOID SndTransportConnected(SND_DEVICE *device);
VOID SndCloseTransport(SND_DEVICE *device);

/* ---- hardware.c: what the virtio device goes through. Passive. ---- */
NTSTATUS SndReadDevice(SND_DEVICE *device); /* features, queue sizes */
/* In state SndStarting: reset to DRIVER_OK. Ends in SndRunning or SndFailed, unless another state was set. */
NTSTATUS SndDeviceStart(SND_DEVICE *device);
BOOLEAN SndDeviceRest(SND_DEVICE *device); /* ends its DMA */
/* In that state, it becomes SndStarting, so that nobody starts the device a second time. */
BOOLEAN SndDeviceClaim(SND_DEVICE *device, SND_STATE state);
VOID SndDeviceSleep(SND_DEVICE *device);
VOID SndDeviceWake(SND_DEVICE *device);
VOID SndDeviceSilence(SND_DEVICE *device); /* after it failed */
/* Locked, after its DMA has ended: everything outstanding ends. */
VOID SndDeviceLost(SND_DEVICE *device);

/* ---- queues.c ---- */
NTSTATUS SndQueuesAllocate(SND_DEVICE *device); /* passive */
VOID SndQueuesFree(SND_DEVICE *device);         /* passive */
VOID SndQueuesFill(SND_DEVICE *device);         /* locked: the event queue's buffers */
VIRTQUEUE *SndQueueOf(SND_DEVICE *device, ULONG queue);
/* Locked: everything that the device has completed. FALSE: nonsense. */
BOOLEAN SndQueuesService(SND_DEVICE *device);

/* ---- interrupt.c. Passive. ---- */
VOID SndDpcInit(SND_DEVICE *device);
NTSTATUS SndConnectInterrupt(SND_DEVICE *device);
VOID SndDisconnectInterrupt(SND_DEVICE *device);

/* ---- work.c ---- */
VOID SndQueueWork(SND_DEVICE *device);   /* locked */
VOID SndWaitForWork(SND_DEVICE *device); /* passive, not from the work item */

/* ---- log.c: up to DISPATCH_LEVEL ---- */
VOID SndLog(SND_DEVICE *device, SND_LOG what, NTSTATUS status);
/* Logs and returns the status that goes with it. */
NTSTATUS SndRefuse(SND_DEVICE *device, SND_LOG what);

/* ---- registry.c: passive ---- */
VOID SndReadParameters(SND_DEVICE *device);

/* ---- diagnostics.c ---- */
VOID SndDiagnosticsCreate(SND_DEVICE *device, PDRIVER_OBJECT driver); /* passive */
VOID SndDiagnosticsDelete(SND_DEVICE *device);                        /* passive */
/* TRUE: `deviceObject` is the diagnostic one, and the request was completed with *status. */
BOOLEAN SndDiagnosticsDispatch(PDEVICE_OBJECT deviceObject, PIRP irp, NTSTATUS *status);
/* Any: what the property set of the private interface says. */
VOID SndEventCountersRead(SND_DEVICE *device, SND_EVENT_COUNTERS *counters);

#endif
