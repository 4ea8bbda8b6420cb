/** The emoji that are offered as reactions, in groups. */
export const EMOJI: readonly { readonly title: string; readonly emoji: readonly string[] }[] = [
  {
    title: 'Often used',
    emoji: ['❤️', ...'👍👎👏🙌🙏💪👌🎉🔥💯✅❌👀💡⭐🚀'],
  },
  {
    title: 'Smileys',
    emoji: [
      ...'😀😃😄😁😆😅😂🤣🥹😊🙂🙃😉😍🥰😘😋😜🤪🤗🤭🤔🤨😐😑😏🙄😬😌😴😷🤒🤯🥳😎🤓😕🙁😮😳🥺😢😭😤😡🤬😱😨😰😓🫠🤝',
    ],
  },
  { title: 'Hearts', emoji: ['❤️', ...'🧡💛💚💙💜🖤🤍🤎💔💖💘💝'] },
  { title: 'Hands', emoji: ['✌️', ...'👋🤚✋🤙🤟🤘👈👉👆👇👊🤛🤜🤞🫶'] },
  { title: 'Nature and food', emoji: [...'🐶🐱🐭🐻🐼🦊🦁🐸🐵🐔🐧🦄🐝🦋🌸🌻🌲🌈🌊🍎🍓🍕🍔🍟🍣🍰🎂🍩☕🍵🍺🍷🥂'] },
  { title: 'Things', emoji: ['⚽', ...'🏀🏆🥇🎯🎮🎸🎵🎁🎈📌📎📝📅📷💻📱💰🔒🔑🔧🏠🚗🚲⏰⚡❓❗'] },
];
