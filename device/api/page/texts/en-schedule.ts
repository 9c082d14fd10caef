// The page's words in English: when faces may open the door.

export const schedule = {
  schedule: {
    title: "Schedule",
    always: "Faces may open the door at any time.",
    /** Before the windows. */
    inWindows: "Faces may open the door:",
    allowsNow: "now allowed",
    forbidsNow: "not now",
    unreadable: "unreadable",
    clockUnknown: "The device does not know the time: until it does, no face opens the door.",
    configured: "As the configuration says.",
    changed: (at: string, by: string) => `Set ${at} by ${by}.`,
    change: "Change the schedule",
    reset: "Back to the configuration's",
    resetDone: "The configuration's schedule counts again.",
    about: "By hand, the door can be opened at any time. The times are the device's own.",
    window: (number: number) => `Window ${number}`,
    days: "Days",
    from: "From",
    to: "To",
    overnight: "Ends on the next day.",
    add: "Add a window",
    remove: "Remove",
    noWindows: "Without a window faces may open the door at any time.",
    save: "Save",
    saved: "The schedule is saved, and counts from now on.",
    noDay: (number: number) => `Window ${number} has no day.`,
    noTime: (number: number) => `Window ${number} needs two times that differ; from 00:00 to 00:00 is a whole day.`,
    failures: {
      REQUEST_INVALID: "The door does not take this schedule. Look at its windows.",
      SCHEDULE_UNSAVED: "The door's disk did not take the schedule; see what needs attention above.",
    },
  },
};
