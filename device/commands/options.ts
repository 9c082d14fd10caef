// The options that many commands of a board have.
export const defaultConfigPath = "/etc/facelatch/facelatch.yaml";

export const stateOption = ["--state <dir>", "the daemon's state directory", "/var/lib/facelatch"] as const;
export const jsonOption = ["--json", "print one JSON object", false] as const;
