export const DAYS = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

export const CADENCES = {
  daily: 'every day',
  weekdays: 'Monday to Friday',
  weekly: 'every week',
  hourly: 'every hour',
  cron: 'cron expression',
  manual: 'only when asked',
} as const;

/** When a schedule fires. @param none the choice of no schedule, where there is one */
export function CadenceFields({ given, none }: { given: Readonly<Record<string, unknown>>; none?: string }) {
  const text = (name: string, standard = '') => (typeof given[name] === 'string' ? given[name] : standard);
  const options = { ...(none === undefined ? {} : { '': none }), ...CADENCES };
  return (
    <>
      <Choice label="Runs" name="type" options={options} chosen={text('type')} />
      <Choice label="Day" name="day_of_week" options={DAYS} chosen={text('day_of_week', 'mon')} />
      <label class="at">
        Time, UTC
        <input name="at" type="time" value={text('at', '09:00')} />
      </label>
      <label class="expression">
        Expression
        <input name="expression" value={text('expression')} placeholder="30 7 * * mon-fri" />
      </label>
      <label class="time_zone">
        Time zone
        <input name="time_zone" value={text('time_zone')} placeholder="Europe/Berlin" />
      </label>
    </>
  );
}

/** One of some. */
export function Choice(props: { label: string; name: string; options: Record<string, string>; chosen: string }) {
  const { label, name, options, chosen } = props;
  return (
    <label class={name} for={name}>
      {label}
      <select name={name} id={name}>
        {Object.entries(options).map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
