# SPDX-License-Identifier: GPL-2.0-or-later
# What a Content-Security-Policy names an inline style sheet or script by: "sha256-" and the SHA-256 of its bytes in base64.
function(wakepath_content_hash text result)
  string(SHA256 hex "${text}")
  set(digits ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(base64 "")
  # Three digits of the one are two of the other; 64 are filled up to 66.
  string(APPEND hex 00)
  foreach(at RANGE 0 65 3)
    string(SUBSTRING ${hex} ${at} 3 three)
    math(EXPR high "0x${three} >> 6")
    math(EXPR low "0x${three} & 63")
    string(SUBSTRING ${digits} ${high} 1 high)
    string(SUBSTRING ${digits} ${low} 1 low)
    string(APPEND base64 ${high}${low})
  endforeach()
  string(REGEX REPLACE "A$" "=" base64 ${base64})
  set(${result} "sha256-${base64}" PARENT_SCOPE)
endfunction()
