// What the scripts pass around, and what the server answers. Checked by `make lint`; nothing of it is served.

type Region = "leg" | "back";
type Asked = "now" | "last_24_hours";
type Reach = "none" | "buttock" | "thigh" | "knee" | "calf" | "foot";
type Kind = "pain" | "session" | "walk" | "event" | "measure" | "message" | "symptom_check";
type Language = "en" | "es";

/** A record as it is sent: docs/records.md. `at` has the offset of the phone's clock. */
interface WireRecord {
  id: string;
  kind: Kind;
  revision: number;
  at: string;
  zone?: string;
  withdrawn?: boolean;
  [field: string]: unknown;
}

interface PainRecord extends WireRecord {
  kind: "pain";
  region: Region;
  score: number;
  asked: Asked;
  about_on?: string;
  reach?: Reach;
  tingling?: boolean;
  woken?: boolean;
  note?: string;
}

interface SessionRecord extends WireRecord {
  kind: "session";
  plan: number;
  slot?: number;
  ended_at: string;
  leg_before?: number;
  leg_during?: number;
  leg_later?: number;
  leg_next_morning?: number;
  reach_before?: Reach;
  reach_during?: Reach;
  reach_after?: Reach;
  lower_reach_lasted?: "up_to_an_hour" | "longer";
  new_numbness?: boolean;
  new_weakness?: boolean;
  effort?: "easy" | "right" | "hard";
  results: Result[];
}

/** One exercise of a session. A count that is not there was not counted. */
interface Result {
  exercise: string;
  outcome: "done" | "part" | "hurts_too_much" | "skipped";
  because?: string;
  sets?: number;
  repetitions?: number;
  hold_seconds?: number;
  minutes?: number;
  worst_pain?: number;
}

/** A record as this phone keeps it: its newest revision, and whether any revision still waits to be sent. */
interface Kept {
  id: string;
  person: number;
  record: WireRecord;
  /** The sessions stop until the server has heard of this check and says otherwise. */
  stops?: boolean;
  conflicted?: boolean;
  /** When the server answered a symptom check, by this phone's clock: from then on the clinic has been told. */
  heard_at?: string;
}

/** One revision in the outbox. */
interface Waiting {
  id: string;
  revision: number;
  person: number;
  record: WireRecord;
  queued_at: number;
}

/** One revision that the server cannot take, ever. It stays until the patient removes it. */
interface Refused extends Waiting {
  pointer: string;
  /** Why, as docs/records.md lists it; without one, or with one that this phone does not know, `reason` says it in English. */
  code?: string;
  reason: string;
}

interface Identity {
  person: number;
  clinic: number;
  device: number;
  token: string;
  /** The server does not know the token any more. Nothing is sent until somebody signs in. */
  signed_out: boolean;
}

interface Settings {
  language?: Language;
  large?: boolean;
  /** The patient does not want Amble on the Home Screen. */
  no_install?: boolean;
  /** Repetitions are counted by tapping, not by time. */
  tapping?: boolean;
  /** The player makes no sound. */
  silent?: boolean;
  /** The skin in the pictures, 1 (light) to 5 (dark). */
  skin?: string;
}

interface Dosage {
  sets?: number;
  repetitions?: number;
  hold_seconds?: number;
  minutes?: number;
  times_per_day: number;
  days_per_week: number;
}

interface Line {
  position: number;
  exercise: string;
  text: {
    language: string;
    name: string;
    purpose?: string;
    position?: string;
    steps?: string[];
    caution?: string;
    easier?: string;
    harder?: string;
  };
  dosage: Dosage;
  in_words: string;
  weekdays: number[];
  side: "" | "left" | "right" | "both";
  /** What the exercise itself says, where the line names no side. */
  sides?: "middle" | "each-side" | "each-leg";
  /** One go, with getting into its position. */
  seconds: number;
  note: string;
  /** Not asked until a person lifts it. */
  paused?: { since: string; why: string } | null;
  /** What the last session says of the next one. */
  next_time?: { what: "less" | "leave_out"; dosage: Dosage; in_words: string; why: string } | null;
}

interface ServerPain {
  client_uuid: string;
  region: Region;
  score: number;
  asked: Asked;
  happened_at: string;
  revision: number;
  conflicted: boolean;
}

/** A measure that is asked for, in the words that its licence allows. */
interface MeasureDue {
  instrument: "psfs" | "rmdq" | "gpe";
  week: number;
  since: string;
  activities: string[];
  form: {
    language: string;
    title: string;
    ask: string;
    ask_again?: string;
    least?: string;
    most?: string;
    statements?: string[];
    steps?: Record<string, string>;
  };
}

interface TodayAnswer {
  name: string;
  on: string;
  day: number | null;
  plan: { id: number; number: number } | null;
  stopped: boolean;
  /** The questions, or the rules of the diary, whose red flags nobody has closed. */
  stopped_because?: string[];
  contacts?: Record<ContactName, Contact & { text: string }>;
  sessions: { slot: number; done: boolean; lines: number[] }[];
  pain: ServerPain[];
  walked_minutes: number;
  measures_due?: MeasureDue[];
  paused?: { from_on: string; until_on: string } | null;
  walking?: WalkingWeek | null;
  sentence: string;
}

/** The goal of one week of staying well. */
interface WalkingWeek {
  first: string;
  last: string;
  goal_minutes: number;
  walks: number;
  minutes_each: number;
  walked_minutes: number;
}

interface PlanAnswer {
  plan: { id: number; number: number; starts_on: string; note: string; lines: Line[] } | null;
}

interface DayValue {
  on: string;
  value: number;
}

/** The course up to the last ended day. Only days that have a number are in it; a line is in pieces. */
interface Trend {
  start: string;
  through: string;
  region: Region;
  days: Record<Region, DayValue[]>;
  lines: Record<Region, DayValue[][]>;
  weeks: { week: number; value: number | null }[];
  expected: { version: string; stratum: "A" | "B" | "C"; weeks: { week: number; low: number; high: number }[] };
}

interface Sessions {
  asked: number;
  done: number;
}

interface ProgressAnswer {
  sentence: string;
  decided_for: string | null;
  trend: Trend | null;
  adherence: { week: { sessions: Sessions }; month: { sessions: Sessions } } | null;
  plans?: { number: number; letter: string; starts_on: string }[];
  walking?: { days: number; walked_days: number; minutes: number } | null;
}

interface Answers {
  today: TodayAnswer;
  plan: PlanAnswer;
  progress: ProgressAnswer;
  "symptom-check": CheckFile;
  messages: { messages: ThreadMessage[] };
  timeline: { items: TimelineItem[] };
  consent: ConsentAnswer;
}

// --- the symptom check ---

type Tier = "A" | "B" | "C";
type Said = "yes" | "no" | "not_sure";
type ContactName = "emergency" | "crisis_line" | "out_of_hours";

interface Contact {
  number?: string;
  hours?: { weekday: number; opens: string; closes: string }[];
  time_zone?: string;
}

interface CheckQuestion {
  id: string;
  tier: Tier;
  show?: ContactName[];
  text: Record<Language, { question: string; examples: string[]; advice: string }>;
}

/** The questions and their advice. The contacts are the clinic's own when it comes by the API. */
interface CheckFile {
  intro: Record<Language, string>;
  to_confirm: Partial<Record<Language, string>>;
  advice: Record<Tier, Record<Language, string>>;
  show: Record<Tier, ContactName[]>;
  contacts: Record<ContactName, Contact & { text: Record<Language, string> }>;
  questions: CheckQuestion[];
}

/** A check under way, and the last one when it is done. */
interface CheckDraft {
  /** Of the record that it becomes. */
  id: string;
  touched_at: string;
  answers: Record<string, { said: Said; tier: Tier }>;
  /** What was ever saved as something else than no: no later answer takes it back. */
  raised: string[];
  done: boolean;
}

// --- messages, timeline, consent ---

interface ThreadMessage {
  id: string;
  revision: number | null;
  from_patient: boolean;
  author: string | null;
  text: string;
  private: boolean;
  written_at: string;
  received_at: string;
  read_at: string | null;
}

interface TimelineItem {
  kind: "onset" | "start" | "plan" | "event" | "pause" | "review" | "relief" | "relapse" | "status" | "end";
  on: string;
  client_uuid?: string | null;
  what?: EventKind;
  note?: string;
  by?: { name: string } | null;
  letter?: string;
  until_on?: string;
  words?: string;
}

type EventKind =
  | "injection"
  | "medication_change"
  | "surgery"
  | "imaging"
  | "other_care"
  | "flare"
  | "travel"
  | "other";

interface ConsentCard {
  title: string;
  text: string;
}

interface ConsentAnswer {
  version: string;
  cards: ConsentCard[];
  answer: { version: string; given: boolean; answered_at: string } | null;
}

/** What the server last said, and the ETag to ask again with. */
interface Snapshot<Body> {
  etag: string | null;
  body: Body;
  at: string;
}

type Template = import("./static/phone/vendor/lit-html.js").TemplateResult;

/** A screen: docs/phone.md says what each part promises. */
interface AppScreen<Data> {
  load(params: URLSearchParams): Promise<Data>;
  title(data: Data): string;
  render(data: Data): Template;
  leave?(): void;
}

type Words = typeof import("./static/phone/words/en.js").default;
type Word = { [Section in keyof Words]: `${Section}.${keyof Words[Section] & string}` }[keyof Words];
/** A text in two forms, `name_one` and `name_other`, is counted as `name`. */
type Counted = Word extends infer W ? (W extends `${infer Name}_one` ? Name : never) : never;

/** A tap on the pad: made before the modules are there, it waits in `taps`. */
interface Tap {
  region: Region;
  score: number;
  at: number;
}

interface Window {
  amble: { taps: Tap[]; tapped: (tap: Tap) => void; install?: { prompt(): Promise<unknown> } };
}

interface TrustedPolicy {
  createScriptURL(url: string): string;
}

declare var trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedPolicy }
  | undefined;
