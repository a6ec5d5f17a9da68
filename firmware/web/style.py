"""The look of Web Config: one style sheet, no picture, no font from elsewhere."""

STYLE = b"""*{box-sizing:border-box}
body{margin:0;background:#eef1f4;color:#1d2733;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
a{color:#0b6a75}
header{background:#12343b;color:#fff}
header>div{display:flex;align-items:center;justify-content:space-between;gap:1rem;max-width:66rem;margin:auto;
padding:.8rem 1.25rem}
.skip{position:absolute;left:-99rem;padding:.5rem 1rem;background:#fff;color:#0b6a75}
.skip:focus{left:0}
.tools{display:flex;gap:.5rem}
.brand{color:#fff;text-decoration:none;font-size:1.2rem;font-weight:700;letter-spacing:.01em}
.brand span{margin-left:.6rem;font-weight:400;font-size:.95rem;color:#9fc6c9}
header button{background:none;border:1px solid #5b8389;color:#fff;padding:.3rem .9rem;min-width:0;white-space:nowrap}
header button:hover{background:#1d4a52}
nav.tabs{background:#1a4750}
nav.tabs div{display:flex;gap:.25rem;max-width:66rem;margin:auto;padding:0 .5rem;overflow-x:auto}
nav.tabs a{padding:.6rem .9rem;color:#c9dfe1;text-decoration:none;border-bottom:3px solid transparent;
white-space:nowrap}
nav.tabs a:hover{color:#fff}
nav.tabs a.on{color:#fff;border-color:#f2b45c}
.page{display:flex;gap:1.5rem;max-width:66rem;margin:0 auto;padding:1.5rem 1.25rem 3rem;align-items:flex-start}
.side{flex:0 0 13rem;background:#fff;border:1px solid #d8dee4;border-radius:.6rem;padding:.75rem 0}
.side b{display:block;padding:.25rem 1rem;font-size:.8rem;text-transform:uppercase;letter-spacing:.05em;color:#566472}
.side a{display:block;padding:.4rem 1rem;color:#1d2733;text-decoration:none;border-left:3px solid transparent}
.side a:hover{background:#f3f6f8}
.side a.on{border-color:#0b6a75;background:#e9f4f4;font-weight:600}
main{flex:1;min-width:0}
main.narrow{max-width:26rem;margin:2.5rem auto}
h1{font-size:1.45rem;margin:0 0 1rem;line-height:1.25}
h1 small{display:block;font-size:.85rem;font-weight:400;color:#566472}
h2{font-size:1.05rem;margin:0 0 .5rem}
.card{background:#fff;border:1px solid #d8dee4;border-radius:.6rem;padding:1.25rem 1.5rem;margin:0 0 1rem}
main>.note{margin-bottom:1rem}
.note{margin:.25rem 0 0;font-size:.875rem;color:#566472}
.bar{border-radius:.5rem;padding:.75rem 1rem;margin:0 0 1rem;border:1px solid;border-left-width:5px;
overflow-wrap:anywhere}
.bar p{margin:.15rem 0 0}
.info{background:#eef5fb;border-color:#7fb0d8}
.good{background:#eaf6ee;border-color:#3f9a5f}
.warn{background:#fff6e5;border-color:#e0a030}
.bad{background:#fdecea;border-color:#c8402f}
.row{display:grid;grid-template-columns:15rem 1fr;gap:.25rem 1rem;padding:.7rem 0;border-top:1px solid #eef1f4}
.row:first-of-type{border-top:0}
.row>label,.row>.label{padding-top:.4rem;font-weight:600}
.value{padding-top:.4rem;overflow-wrap:anywhere}
input,select,textarea{width:100%;max-width:26rem;padding:.45rem .6rem;border:1px solid #9aa7b3;border-radius:.35rem;
background:#fff;color:inherit;font:inherit}
textarea{max-width:none;height:9rem;font:.8rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace}
input.port{max-width:8rem}
input[readonly]{background:#f3f6f8;border-color:#d8dee4;color:#566472}
input[type=radio]{width:auto;margin:0 .4rem 0 0}
fieldset{border:0;margin:0;padding:0;min-width:0}
.choices legend{position:absolute;left:-99rem}
.choices label{display:inline-block;margin:.4rem 1.5rem 0 0}
.events{margin:0 0 .5rem;padding:0 0 .5rem 16rem}
.events legend{font-size:.875rem;color:#566472;padding:0}
.tick{display:block;margin:.3rem 0}
input[type=checkbox]{width:auto;margin:0 .5rem 0 0}
input[type=file]{border:0;padding:.3rem 0;background:none}
table{width:100%;border-collapse:collapse;font-size:.925rem}
caption{text-align:left;padding:0 0 .5rem;color:#566472}
th{text-align:left;border-bottom:2px solid #d8dee4}
th,td{min-width:5rem;padding:.4rem .6rem .4rem 0;vertical-align:top;overflow-wrap:anywhere}
td{border-bottom:1px solid #eef1f4}
dl.card{margin:0 0 .5rem;padding:.75rem 1rem}
:focus-visible{outline:3px solid #f2b45c;outline-offset:1px}
.wrong input,.wrong select,.wrong textarea{border-color:#c8402f;background:#fff8f7}
.error{margin:.25rem 0 0;font-size:.9rem;font-weight:600;color:#a83023}
.badge{display:inline-block;padding:.1rem .65rem;margin-right:.4rem;border-radius:1rem;font-size:.85rem;
font-weight:600;background:#dcefe3;color:#1f6b3b}
.badge.bad{background:#f9dcd8;color:#94291c}
.badge.warn{background:#fce7bf;color:#7a4d00}
button,.button{display:inline-block;min-width:7rem;padding:.5rem 1.1rem;border:1px solid #0b6a75;
border-radius:.35rem;background:#fff;color:#0b6a75;font:inherit;font-weight:600;text-align:center;
text-decoration:none;cursor:pointer}
button:hover,.button:hover{background:#e9f4f4}
button.main{background:#0b6a75;color:#fff}
button.main:hover{background:#095761}
button.danger{background:#b5382a;border-color:#b5382a;color:#fff}
button.danger:hover{background:#94291c}
.first{position:absolute;left:-99rem}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0 0}
.status{margin-bottom:.6rem}
.code{margin:.5rem 0 1rem;padding:.8rem;border:2px dashed #0b6a75;border-radius:.6rem;background:#f4fafa;
text-align:center;font:700 2.4rem/1.2 ui-monospace,"DejaVu Sans Mono",monospace;letter-spacing:.12em;
overflow-wrap:anywhere;user-select:all}
.where{margin:0 0 1rem;font-size:1.15rem;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:12rem 1fr;gap:.4rem 1rem;margin:0}
dt{color:#566472}
dd{margin:0;overflow-wrap:anywhere}
ul{margin:.25rem 0;padding-left:1.2rem}
@supports selector(:has(a)){.custom{display:none}form:has(option[value=custom]:checked) .custom{display:block}}
@media(max-width:48rem){.page{flex-direction:column;padding:1rem .75rem 2rem}.side{flex:none;width:100%}.row,dl{
grid-template-columns:1fr}.row>label,.row>.label{padding-top:0}.card{padding:1rem}.events{padding-left:0}header>div,.tools{flex-wrap:wrap}thead{
position:absolute;left:-99rem}tr{display:block;padding:.5rem 0;border-bottom:1px solid #d8dee4}td{display:block;border:0;
padding:.1rem 0}td::before{content:attr(data-name) ": ";color:#566472}.code{font-size:1.7rem}main{
width:100%}}
"""
