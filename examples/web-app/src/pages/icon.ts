/** A letter that comes back to its sender. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">
<rect width="32" height="32" rx="8" fill="#3b4cca"/>
<path d="M7 11h18v12H7z M7 11.5l9 7 9-7" stroke="#fff"/>
</svg>
`;
