/** The vocabulary of a help desk's customers and agents. */
export const SUBJECTS = [
  'the March invoice',
  'my annual plan',
  'the CSV export',
  'two-factor login',
  'the Slack integration',
  'our shared inbox',
  'the webhook deliveries',
  'the mobile app',
  'the usage report',
  'our SSO settings',
  'the refund for seat 14',
  'the trial extension',
  'the saved replies',
  'the business-hours rule',
  'the satisfaction survey',
  'the Spanish help centre',
] as const;

export const TROUBLES = [
  'shows the wrong amount',
  'stopped working on Tuesday',
  'still asks for a card that has expired',
  'leaves out three of our customers',
  'times out after a minute',
  'was charged twice',
  'cannot be found in the settings any more',
  'sends every message twice',
  'ends with an error 403',
  'uses the wrong time zone',
  'opens an empty page in Safari',
  'has ignored the new address since the merge',
] as const;

export const ASIDES = [
  'Can you look into it today?',
  'We have a review on Friday and need it by then.',
  'A colleague in the Lisbon office sees the same.',
  'It worked last week, and we changed nothing.',
  'Please tell us which setting to change.',
  'I have attached a screenshot.',
  'Clearing the cache did not help.',
  'This is the second time I am writing about it.',
  'Our plan is Team, billed yearly.',
  'If it takes longer than a day, please call me.',
] as const;

export const ADVICE = [
  'Open Settings, then Billing, and choose the plan that is marked as current',
  'We have corrected the entry, and the change will show within an hour',
  'Please remove the old connection first and then connect the account again',
  'The export runs in the background and arrives by e-mail when it is done',
  'Your administrator can grant the missing permission under Team',
  'The charge was a pre-authorisation and will be released by your bank',
  'A new token is created under Developer, and the old one stops working at once',
  'Choose the time zone of the workspace, since the one of your profile is not used for reports',
  'Sign out on all devices and scan the code again with the authenticator app',
  'The rule applies to new conversations only, so older ones keep their assignee',
] as const;

export const REASONS = [
  'because the card on file was replaced in September',
  'since the two workspaces were merged last month',
  'as the address book still holds the former domain',
  'because the plan changed in the middle of a billing period',
  'since the connection was made by a user who has left',
  'as the browser blocks third-party cookies',
] as const;

export const NAMES = [
  'Marta',
  'Jonas',
  'Priya',
  'Tom',
  'Aylin',
  'Sergio',
  'Hanna',
  'Kwame',
  'Elise',
  'Bram',
  'Noor',
  'Dario',
] as const;

export const COMPANIES = [
  'Oakline Dental',
  'Petrel Freight',
  'Sunday Ceramics',
  'Halden Schools',
  'Brightwater Hotels',
  'Nimbus Cycling',
  'Costa & Filhos',
  'Arbor Legal',
] as const;

export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'] as const;
