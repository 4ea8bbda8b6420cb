/** When something is to be sent. */
import { clockTime } from '../../ui/format';
import { Menu, MenuItem } from '../../ui/menu';
import type { Place } from '../../ui/place';
import { momentsFrom } from './times';

export function MomentMenu({
  place,
  onChoose,
  onClose,
}: {
  place: Place | undefined;
  onChoose: (atMs: number) => void;
  onClose: () => void;
}) {
  return (
    <Menu label="Send later" place={place} onClose={onClose}>
      {momentsFrom(Date.now()).map(({ label, atMs }) => (
        <MenuItem
          key={label}
          icon="clock"
          label={`${label}, ${clockTime(atMs)}`}
          onPress={() => {
            onClose();
            onChoose(atMs);
          }}
        />
      ))}
    </Menu>
  );
}
