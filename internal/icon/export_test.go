package icon

// CleanSVG is cleanSVG, for the tests that look at it alone.
var CleanSVG = cleanSVG
