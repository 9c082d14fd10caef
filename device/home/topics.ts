// The topics of one device.

export interface TopicNames {
  readonly baseTopic: string;
  readonly deviceId: string;
}

export type Topics = ReturnType<typeof topicsOf>;

export function topicsOf({ baseTopic, deviceId }: TopicNames) {
  const at = (name: string): string => `${baseTopic}/${deviceId}/${name}`;
  return {
    availability: at("availability"),
    lock: at("lock"),
    lockCommand: at("lock/set"),
    lockdown: at("lockdown"),
    lockdownCommand: at("lockdown/set"),
    faceUnlock: at("face-unlock"),
    faceUnlockCommand: at("face-unlock/set"),
    contact: at("contact"),
    tamper: at("tamper"),
    event: at("event"),
    doorbell: at("doorbell"),
    image: at("image"),
    trouble: at("trouble"),
    troubleAttributes: at("trouble/attributes"),
    update: at("bundle"),
    updates: at("updates"),
    record: at("record"),
  } as const;
}
