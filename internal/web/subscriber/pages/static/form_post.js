// Sends the answer to the app. Where script is off, the person presses the button.
"use strict";

document.getElementById("form-post").requestSubmit();
