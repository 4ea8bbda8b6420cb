/** The mark of Clatter. */
import Svg, { Circle, Defs, LinearGradient, Path, Rect, Stop } from 'react-native-svg';

export function Logo({ size, plain = false }: { size: number; plain?: boolean }) {
  return (
    <Svg width={size} height={size} viewBox="0 0 96 96" aria-hidden>
      <Defs>
        <LinearGradient id="clatter-sky" x1="0" y1="0" x2="1" y2="1">
          <Stop offset="0" stopColor="#5c7cfa" />
          <Stop offset="1" stopColor="#364fc7" />
        </LinearGradient>
      </Defs>
      {!plain && <Rect width="96" height="96" rx="22" fill="url(#clatter-sky)" />}
      <Path
        d="M52 40h15a14 14 0 0 1 14 14v4a14 14 0 0 1-3.4 9.1l1.7 10.2a1.3 1.3 0 0 1-1.9 1.3L68.3 72H52a14 14 0 0 1-14-14v-4a14 14 0 0 1 14-14z"
        fill="#ffffff"
        fillOpacity={0.55}
      />
      <Path
        d="M31 18h19a16 16 0 0 1 16 16v3a16 16 0 0 1-16 16H34.5L22.9 60.4a1.4 1.4 0 0 1-2.1-1.4l1.5-8.9A16 16 0 0 1 15 37v-3a16 16 0 0 1 16-16z"
        fill="#ffffff"
      />
      <Circle cx="30.5" cy="35.5" r="3.6" fill="#4263eb" />
      <Circle cx="40.5" cy="35.5" r="3.6" fill="#4263eb" />
      <Circle cx="50.5" cy="35.5" r="3.6" fill="#4263eb" />
    </Svg>
  );
}
