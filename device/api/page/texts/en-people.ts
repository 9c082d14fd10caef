// The page's words in English: who it was, who is enrolled, and how they are.
import type { Step } from "../../../enrolment/enrolment.ts";
import type { Verdict } from "../../../feedback/feedback.ts";
import { amountsIn, type Words } from "./words.ts";

const amountOf = amountsIn("en");

const stepNames: Words<Step> = {
  straight: "Straight",
  turn_left: "To the left",
  turn_right: "To the right",
  chin_up: "Chin up",
  glasses: "Glasses",
  light: "Other light",
};

const feedbackEffects: Words<Verdict> = {
  not_me: "Not me: from now on, a face like this keeps the door locked.",
  was_me: "That was me: kept for the next training. It opens nothing by itself.",
};

export const people = {
  whoWasIt: {
    question: (at: string) => `Who was it at ${at}?`,
    notMe: "Not me",
    wasMe: "That was me",
    telling: "Telling the door\u2026",
    effects: feedbackEffects,
    mistake: "A mistake? On the board:",
    failures: {
      FEEDBACK_PRESENCE_UNKNOWN: "The door no longer remembers who this was. Nothing was stored.",
      FEEDBACK_CONFLICT: "Something else was said of this presence before. Nothing was changed.",
      FEEDBACK_LIMIT:
        "The door keeps as many faces out as it may. Make room on the board first: facelatch feedback forget.",
      FEEDBACK_UNAVAILABLE: "The door cannot read its feedback. Nothing was stored; see what needs attention above.",
      TOO_MANY_REQUESTS: "Too much at once. Wait a minute, then try again.",
    },
  },
  people: {
    title: "People",
    about:
      "The owner's own looks at this door, and the household, whom the owner is told from. Templates lie encrypted on the door.",
    owner: "Owner",
    household: "Household",
    notEnrolled: "not enrolled yet",
    templates: amountOf("template", "templates"),
    inUse: (count: number) => `${count} in use`,
    agreed: (at: string) => `agreed ${at}`,
    enrol: "Enrol",
    copy: "Take a copy",
    erase: "Erase",
    eraseOwner: (name: string) =>
      `Erase ${name}, with consent and templates? All pictures of events go too. The door then knows its owner by the bundle alone.`,
    eraseHousehold: (name: string) =>
      `Erase ${name}, with consent and templates? All pictures of events go too. The door then no longer tells the owner from this person.`,
    erased: (name: string) => `${name} is erased: nothing of it is left on the door.`,
    failures: {
      ENROLMENT_BUSY: "Somebody is being enrolled already.",
      NOT_READY: "The door has no bundle of its owner yet.",
      PEOPLE_LIMIT: "No more fits. Erase this person first, then enrol anew.",
      PERSON_UNKNOWN: "This person is gone already.",
    },
  },
  addPerson: {
    title: "Add a person",
    who: "Who is it?",
    theOwner: "The owner",
    ownerNamed: (name: string | null) => (name === null ? "The owner" : `The owner, ${name}`),
    relative: "A relative or housemate",
    name: "Name",
    thisPerson: "This person",
    agrees: (who: string) =>
      `${who} agrees that this door keeps templates of the face, encrypted, until they are erased.`,
    record: "Record the consent",
    failures: {
      PERSON_EXISTS: "This person is in the list already.",
      PEOPLE_LIMIT: "The door takes no more people. Erase somebody first.",
      REQUEST_INVALID: "The door does not take this name: letters and digits, at most 40.",
    },
  },
  enrol: {
    title: (name: string) => `Enrolling ${name}`,
    covered: "All is covered. Finish, and it is stored.",
    waits: "Nothing is taken until you say so.",
    ready: "I am ready",
    finish: "Finish",
    leaveOut: "Leave this out",
    coverage: "Coverage",
    steps: stepNames,
    optional: " (optional)",
    leftOut: "left out",
    remaining: (duration: string) => `The door opens for no face until this is over, in ${duration} at the latest.`,
    failures: {
      ENROLMENT_REFUSED:
        "Not stored: the bundle does not take these for its owner, or they are too like somebody of the household.",
      ENROLMENT_INCOMPLETE: "A step that is needed is still missing.",
      ENROLMENT_MISSING: "This enrolment is over.",
    },
  },
};
